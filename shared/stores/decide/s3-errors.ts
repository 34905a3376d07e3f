import { type AnyExpectedError, InfrastructureError, UsageError } from '../../errors.ts';

/** What the SDK tells of a failure, whatever class it is of. */
interface Told {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
}

const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired'];
const UNKNOWN_KEYS = [
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'UnrecognizedClientException',
];
const ELSEWHERE = ['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'];
const ABSENT = /could not load credentials|credential is missing|no credentials|Unable to load credentials/i;

/**
 * A failure of S3 as our own error, in words that say what to do. `secrets` never appear in it, and it keeps no cause:
 * what the SDK throws holds the request.
 */
export function explainS3(error: unknown, uri: string, secrets: readonly string[]): AnyExpectedError {
  const told = read(error);
  const { name, status } = told;
  const say = (what: string): string => `The store ${uri}: ${what}.`;
  if (name === 'CredentialsProviderError' || ABSENT.test(told.message)) {
    return new UsageError(say('no AWS credentials were found'), {
      remedy:
        'Run aws-actions/configure-aws-credentials before this step, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in its "env".',
    });
  }
  if (EXPIRED.includes(name)) {
    return new InfrastructureError(say('the AWS credentials have expired'), {
      remedy:
        'Credentials of a role last one hour unless "role-duration-seconds" says more: ask for as long as the training takes, or let the runner have a role of its own, whose credentials renew themselves.',
    });
  }
  if (UNKNOWN_KEYS.includes(name)) {
    return new UsageError(say('the AWS credentials are refused'), {
      remedy: 'Check that they are whole, are still active, and belong to this service (AWS_ENDPOINT_URL).',
    });
  }
  if (name === 'NoSuchBucket') {
    return new UsageError(say('there is no such bucket'), {
      remedy: 'Create it, or correct the input "store". Trainyard creates no bucket.',
    });
  }
  if (name === 'NoSuchKey') {
    return new InfrastructureError(say('it has no such object'), {
      remedy: 'Lifecycle rules of the bucket may have removed it: run the training again.',
    });
  }
  if (ELSEWHERE.includes(name) || status === 301) {
    return new UsageError(say('the bucket lies in another region than the one asked'), {
      remedy: "Set AWS_REGION to the bucket's region.",
    });
  }
  if (/region is missing/i.test(told.message)) {
    return new UsageError(say('no region is known'), { remedy: "Set AWS_REGION to the bucket's region." });
  }
  if (name === 'AccessDenied' || status === 403) {
    return new UsageError(say('access is denied'), {
      remedy:
        'Grant s3:GetObject, s3:PutObject and s3:AbortMultipartUpload on the objects below the prefix to the role of these credentials.',
    });
  }
  const named =
    name === 'Error'
      ? told.message
      : `${name}${status === undefined ? '' : ` (HTTP ${status})`}: ${told.message}`;
  const words = hide(named, secrets);
  return new InfrastructureError(say(words.replace(/[.\s]+$/, '')), {
    remedy: 'Run the job again: what arrived is not sent again. If it stays, look at the service.',
  });
}

/** True where S3 says that an object is not there, or where it would say so to one who may list. */
export function saysAbsent(error: unknown): boolean {
  const { status } = read(error);
  // Without s3:ListBucket a missing object is answered by 403 (Amazon S3 API, HeadObject).
  return status === 404 || status === 403;
}

function read(error: unknown): Told {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), status: undefined };
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  const status: unknown =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : undefined;
  return {
    name: error.name,
    message: error.message,
    status: typeof status === 'number' ? status : undefined,
  };
}

function hide(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== '')
    .reduce((kept, secret) => kept.replaceAll(secret, '***'), text);
}
