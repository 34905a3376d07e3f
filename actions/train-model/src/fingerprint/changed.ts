import {
  FINGERPRINT_COMPONENTS,
  type Fingerprint,
  type FingerprintComponent,
} from '../../../../shared/record/training-section.ts';

/** The components in which two fingerprints differ; one that is unknown on either side counts as changed. */
export function changedComponents(
  a: Pick<Fingerprint, 'components'>,
  b: Pick<Fingerprint, 'components'>,
): FingerprintComponent[] {
  return FINGERPRINT_COMPONENTS.filter(
    (name) => a.components[name] === null || a.components[name] !== b.components[name],
  );
}
