import type { Location } from '../record/common.ts';
import { FINGERPRINT_COMPONENTS, type TrainingBody } from '../record/training-section.ts';
import { type Block, type Cell, code, type Fact, fact, text } from './block.ts';
import { counted, formatBytes, formatNumber, listed, shortDigest } from './format.ts';

/** Packages shown; an environment of thousands is named by its lock file. */
const MAX_PACKAGES = 500;

/** What a training was made from, so that it can be repeated. */
export function settingBlocks(body: TrainingBody): Block[] {
  return [
    { kind: 'facts', title: 'How it was run', folded: true, facts: howItRan(body) },
    ...fingerprint(body),
    ...packages(body.environment),
  ];
}

const digest = (value: string | null): Cell | null => (value === null ? null : code(shortDigest(value)));

function howItRan(body: TrainingBody): Fact[] {
  const { environment, hardware, patch } = body;
  return [
    ...fact('Engine', body.engine),
    ...fact('Submission', body.submission === null ? null : code(body.submission.id)),
    ...fact('Command', code(body.command.join(' '))),
    ...declared(body),
    ...fact('Seed', body.seed === null ? 'not set' : formatNumber(body.seed)),
    ...Object.entries(body.parameters).flatMap(([name, value]) =>
      fact(`Parameter ${name}`, code(String(value))),
    ),
    ...Object.entries(environment.variables).flatMap(([name, value]) =>
      fact('Variable', code(`${name}=${value}`)),
    ),
    ...fact('Operating system', environment.os),
    ...fact(
      'Interpreter',
      environment.interpreter === null
        ? null
        : `${environment.interpreter.name} ${environment.interpreter.version}`,
    ),
    ...environment.lockFiles.flatMap((lock) =>
      fact('Lock file', code(`${lock.path} ${shortDigest(lock.sha256)}`)),
    ),
    ...fact('Image', environment.image === null ? null : code(environment.image)),
    ...fact(
      'Hardware',
      `${counted(hardware.cpus, 'CPU')}${hardware.cpuModel === null ? '' : ` (${hardware.cpuModel})`}, ${formatBytes(hardware.memoryBytes)} of memory`,
    ),
    ...fact('GPU', hardware.gpus.length === 0 ? 'none' : listed(hardware.gpus.map(gpu))),
    ...fact('Runner', hardware.runner),
    ...fact('Energy', body.energyKwh === null ? null : `${formatNumber(body.energyKwh)} kWh`),
    ...fact('Model digest', digest(body.modelDigest)),
    ...fact('Code fingerprint', digest(body.codeFingerprint)),
    ...fact('Data fingerprint', digest(body.dataFingerprint)),
    ...fact(
      'Uncommitted changes',
      patch === null
        ? null
        : `a patch of ${formatBytes(patch.bytes)}, ${shortDigest(patch.sha256)}, ${placesOf(patch.locations)}`,
    ),
  ];
}

function declared({ declared: step }: TrainingBody): Fact[] {
  if (step === undefined) return [];
  return [
    ...fact('Working directory', code(step.workingDirectory)),
    ...fact('Code that counts', code(step.paths.join(', '))),
    ...fact('Data that counts', code(step.dataPaths.join(', '))),
    ...fact('Stops on', code(step.stopOn.join(', '))),
  ];
}

function gpu({ name, memoryMiB, driver, capability, mig }: TrainingBody['hardware']['gpus'][number]): string {
  const facts = [
    ...(memoryMiB === null ? [] : [`${formatNumber(memoryMiB)} MiB`]),
    ...(driver === null ? [] : [`driver ${driver}`]),
    ...(capability === null ? [] : [`capability ${capability}`]),
    ...(mig ? ['multi-instance'] : []),
  ];
  return facts.length === 0 ? name : `${name} (${facts.join(', ')})`;
}

/** Where a file's bytes can be had, in words. A path of the machine that wrote it says nothing to others. */
export function placesOf(locations: readonly Location[]): string {
  const places = locations.flatMap((location) => {
    switch (location.kind) {
      case 'artifact':
        return `in the artifact ${location.artifact}`;
      case 'registry':
        return `in the registry ${location.registry} as ${location.version}`;
      case 'store':
        return `in the store ${location.store}`;
      case 'file':
        return [];
    }
  });
  return places.length === 0 ? 'on the machine that trained' : listed([...new Set(places)]);
}

function fingerprint({ fingerprint: found }: TrainingBody): Block[] {
  if (found === null) return [];
  return [
    {
      kind: 'facts',
      title: `Fingerprint ${shortDigest(found.sha256)}`,
      folded: true,
      facts: FINGERPRINT_COMPONENTS.flatMap((name) => {
        const value = found.components[name];
        return fact(
          name,
          value === null ? text('unknown: nothing is reused', 'doubt') : code(shortDigest(value)),
        );
      }),
    },
  ];
}

function packages({ packages: all }: TrainingBody['environment']): Block[] {
  if (all.length === 0) return [];
  const cut = all.length > MAX_PACKAGES ? `, the first ${formatNumber(MAX_PACKAGES)} of them` : '';
  return [
    {
      kind: 'table',
      title: `Packages (${formatNumber(all.length)}${cut})`,
      folded: true,
      columns: [{ header: 'Package' }, { header: 'Version' }],
      rows: all.slice(0, MAX_PACKAGES).map(({ name, version }) => [code(name), code(version)]),
    },
  ];
}
