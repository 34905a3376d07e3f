/** The five actions, in the order in which a model passes them. */
export const ACTION_NAMES = [
  'validate-data',
  'train-model',
  'evaluate-gate',
  'publish-model',
  'deploy-endpoint',
] as const;
export type ActionName = (typeof ACTION_NAMES)[number];

/** The kinds of section of the record, in the order in which they are written. */
export const KINDS = ['data', 'training', 'evaluation', 'publication', 'deployment'] as const;
export type Kind = (typeof KINDS)[number];

/** A model's or a dataset's name, unique in its repository. */
export const SUBJECT_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** The part of a section's name that tells jobs and matrix legs apart. */
export const KEY_PATTERN = /^[A-Za-z0-9_-]{1,100}$/;

/** The section that each action writes. */
export const KIND_OF_ACTION: Readonly<Record<ActionName, Kind>> = {
  'validate-data': 'data',
  'train-model': 'training',
  'evaluate-gate': 'evaluation',
  'publish-model': 'publication',
  'deploy-endpoint': 'deployment',
};
