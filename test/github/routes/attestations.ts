import { z } from 'zod';
import { AnswerError } from '../http.ts';
import type { Route } from './route.ts';

const bundleSchema = z.looseObject({ dsseEnvelope: z.looseObject({ payload: z.base64() }) });
const statementSchema = z.object({
  predicateType: z.string(),
  subject: z.array(z.object({ digest: z.object({ sha256: z.string() }) })),
});

/** Keeps what it is given: like GitHub it does not verify who signed. */
export const attestationRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/repos/{owner}/{repo}/attestations',
    scopes: ['attestations'],
    access: 'write',
    handle({ world, body }) {
      const bundle = bundleSchema.safeParse(body['bundle']);
      if (!bundle.success) {
        throw new AnswerError(422, { message: 'Validation Failed', documentation_url: '', errors: [] });
      }
      const payload = Buffer.from(bundle.data.dsseEnvelope.payload, 'base64').toString('utf8');
      const { predicateType, subject } = statementSchema.parse(JSON.parse(payload));
      const id = world.nextId();
      const subjects = subject.map(({ digest }) => `sha256:${digest.sha256}`);
      world.attestations.push({ id, subjects, predicateType, bundle: bundle.data });
      return { status: 201, json: { id } };
    },
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/attestations/{subject_digest}',
    scopes: ['attestations'],
    access: 'read',
    handle({ world, repository, parameters, query, baseUrl }) {
      const type = query.get('predicate_type');
      const size = Number(query.get('per_page') ?? '30');
      const all = world.attestations
        .filter(({ subjects }) => subjects.includes(parameters['subject_digest'] ?? ''))
        .filter(({ predicateType }) => type === null || predicateType === type)
        .reverse();
      const after = Number(query.get('after') ?? '0');
      const next = new URLSearchParams(query);
      next.set('after', String(after + size));
      const link = `<${baseUrl}${parameters['__pathname'] ?? ''}?${next.toString()}>; rel="next"`;
      return {
        status: 200,
        json: {
          attestations: all.slice(after, after + size).map(({ bundle }) => ({
            bundle,
            repository_id: repository.id,
            bundle_url: '',
            initiator: 'user',
          })),
        },
        headers: after + size < all.length ? { link } : {},
      };
    },
  },
];
