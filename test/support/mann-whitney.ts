/**
 * How likely two samples differ as much as these by chance alone: the two-sided Mann-Whitney U test, by the normal
 * approximation with ties, which is exact enough from some twenty values each.
 */
export function mannWhitney(first: number[], second: number[]): number {
  const ranks = ranksOf([...first, ...second]);
  const [n, m] = [first.length, second.length];
  const rankSum = ranks.values.slice(0, n).reduce((sum, rank) => sum + rank, 0);
  const u = rankSum - (n * (n + 1)) / 2;
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ranks.ties / (total * (total - 1)));
  return variance === 0 ? 1 : 2 * (1 - normal(Math.abs(u - (n * m) / 2) / Math.sqrt(variance)));
}

/** Equal values share the mean of their ranks. */
function ranksOf(values: number[]): { values: number[]; ties: number } {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const ranks: number[] = [];
  let ties = 0;
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && order[end]!.value === order[start]!.value) end += 1;
    for (let i = start; i < end; i += 1) ranks[order[i]!.index] = (start + end + 1) / 2;
    ties += (end - start) ** 3 - (end - start);
    start = end;
  }
  return { values: ranks, ties };
}

/** The normal distribution function (Abramowitz and Stegun 26.2.17), for z from 0. */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const series = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const tail = series.reduce((sum, factor, power) => sum + factor * t ** (power + 1), 0);
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * tail;
}
