/** What MLflow stores for infinity, which not every database can hold (mlflow/utils/validation, sanitised metrics). */
const INFINITE = 1.7976931348623157e308;

/** A stored value as it was logged. */
export function finiteOrNot(value: number): number {
  return Math.abs(value) >= INFINITE ? Math.sign(value) * Infinity : value;
}
