/** Enough of the fingerprint for a name; the whole of it is compared in the section inside. */
const HEX_DIGITS = 16;

/** The artifact by which other runs of the repository find a training: it holds section.json and nothing else. */
export function trainedArtifactName(subject: string, sha256: string): string {
  return `trainyard-trained.${subject}.${sha256.slice(0, HEX_DIGITS)}`;
}
