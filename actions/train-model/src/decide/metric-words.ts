/** Words of metric names for which less is better, as the field uses them. */
const LESS_IS_BETTER = new Set(
  'loss losses error errors err mse rmse mae mape smape msle nll cost perplexity ppl wer cer ter fid brier eer hinge crossentropy entropy divergence distance regret latency'.split(
    ' ',
  ),
);
/** Words of metric names for which more is better. */
const MORE_IS_BETTER = new Set(
  'accuracy acc auc auroc auprc roc f1 fbeta precision recall sensitivity specificity bleu rouge meteor map iou miou dice jaccard r2 reward return ndcg mrr kappa mcc psnr ssim correlation pearson spearman'.split(
    ' ',
  ),
);

/** The last part of a name such as `train/epoch_loss`, `val.loss` or `eval:loss`. */
function lastPart(metric: string): string {
  return metric.split(/[/.:|]/).findLast((part) => part !== '') ?? metric;
}

/** True where a metric is a loss by its name: `loss`, or what ends in `_loss` or `-loss`. */
export function isLoss(metric: string): boolean {
  return /(?:^|[_-])loss$/i.test(lastPart(metric));
}

/** Whether less (`min`) or more (`max`) of a metric is better, where its name tells; else undefined. */
export function directionOf(metric: string): 'min' | 'max' | undefined {
  const words = lastPart(metric)
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const less = words.some((word) => LESS_IS_BETTER.has(word));
  const more = words.some((word) => MORE_IS_BETTER.has(word));
  if (less === more) return undefined;
  return less ? 'min' : 'max';
}
