import type { DeploymentBody } from '../record/deployment-section.ts';
import { type Block, code, fact, type Fact } from './block.ts';
import { formatDuration, formatNumber, shortDigest } from './format.ts';
import { MARKS } from './marks.ts';
import { aliasFacts, gateNotes } from './publication-blocks.ts';

const STRATEGIES: Readonly<Record<DeploymentBody['strategy'], string>> = {
  'blue-green': 'blue/green: the new revision takes over when it has answered',
  recreate: 'recreate: the old revision ends before the new one starts',
  'smoke-serving': 'smoke serving: reachable only on the runner, for the time of the job',
};

/** What deployment-section.ts holds. */
export function deploymentBlocks(body: DeploymentBody): Block[] {
  return [
    ...(body.mode === 'plan'
      ? [
          {
            kind: 'note' as const,
            tone: 'busy' as const,
            text: 'Plan only: the gated model was served and smoke-tested on the runner. Nothing that lasts was changed, and no alias was moved.',
          },
        ]
      : []),
    ...(body.rolledBack
      ? [
          {
            kind: 'note' as const,
            tone: 'bad' as const,
            text: `Rolled back${body.previousRevision === null ? '; no revision was there before' : ` to revision ${body.previousRevision}`}. The new model takes no requests.`,
          },
        ]
      : []),
    ...gateNotes(body.gateRequired),
    ...(body.steps.length === 0
      ? []
      : [
          {
            kind: 'timeline' as const,
            title: 'Steps',
            steps: body.steps.map((step) => ({
              mark: step.result,
              name: step.name,
              durationMs: step.durationMs,
              duration: formatDuration(step.durationMs),
              detail: step.detail,
            })),
          },
        ]),
    ...smokeTest(body),
    { kind: 'facts', title: 'Endpoint', facts: endpoint(body) },
  ];
}

function smokeTest({ smokeTest: test }: DeploymentBody): Block[] {
  if (test === null) return [];
  const latency = (value: number | null): string => (value === null ? 'not measured' : formatDuration(value));
  return [
    {
      kind: 'facts',
      title: 'Smoke test',
      facts: [
        ...fact('Result', { text: MARKS[test.result].word, mark: test.result }),
        ...fact(
          'Golden rows',
          test.goldenRows === 0
            ? 'none given'
            : `${formatNumber(test.agreeing)} of ${formatNumber(test.goldenRows)} answered as expected`,
        ),
        ...fact('Requests', formatNumber(test.requests)),
        ...fact(
          'Latency',
          `median ${latency(test.latencyP50Ms)}, 95th percentile ${latency(test.latencyP95Ms)}`,
        ),
        ...fact('Reason', test.reason),
      ],
    },
  ];
}

function endpoint(body: DeploymentBody): Fact[] {
  const plan = body.mode === 'plan';
  return [
    ...fact('Endpoint', code(body.endpoint)),
    ...fact('Target', body.target),
    ...fact('Address', body.url === null ? null : code(body.url)),
    ...fact('Version', body.version === null ? 'not published' : code(body.version)),
    ...fact('Revision', body.revision === null ? null : code(body.revision)),
    ...fact('Previous revision', body.previousRevision === null ? 'none' : code(body.previousRevision)),
    ...fact('Rolled back', body.rolledBack ? 'yes' : 'no'),
    ...fact('Strategy', STRATEGIES[body.strategy]),
    ...aliasFacts(body.alias, plan),
    ...fact('Model digest', body.modelDigest === null ? null : code(shortDigest(body.modelDigest))),
  ];
}
