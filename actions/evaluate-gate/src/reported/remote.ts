export const MLFLOW = 'mlflow:';

/** True for metrics that are no file: `mlflow:<run id>`. */
export function isRemote(path: string): boolean {
  return path.startsWith(MLFLOW);
}
