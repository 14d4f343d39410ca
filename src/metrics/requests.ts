import type { Figure, Value } from './metric.js';

/** Upper ends of the classes, in milliseconds: from a session check to a login that had to queue. */
const ends = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000];

interface Tally {
  statuses: Map<number, number>;
  classes: number[];
  milliseconds: number;
}

/** Counts requests by route and status, how long they took, and why they were refused. */
export class RequestTally {
  readonly #routes = new Map<string, Tally>();
  readonly #reasons = new Map<string, number>();

  note(route: string, status: number, milliseconds: number, reason?: string): void {
    let tally = this.#routes.get(route);
    if (!tally) this.#routes.set(route, (tally = emptyTally()));
    tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1);
    tally.milliseconds += milliseconds;
    let index = 0;
    while (index < ends.length && milliseconds > ends[index]!) index += 1;
    tally.classes[index]! += 1;
    if (reason) this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  figures(): Figure[] {
    return [
      {
        name: 'gatehouse_requests_total',
        help: 'Requests by route and status.',
        type: 'counter',
        values: () => [...this.#routes].flatMap(([route, tally]) => statusesOf(route, tally)),
      },
      {
        name: 'gatehouse_request_duration_seconds',
        help: 'How long requests took, by route.',
        type: 'histogram',
        values: () => [...this.#routes].flatMap(([route, tally]) => classesOf(route, tally)),
      },
      {
        name: 'gatehouse_refusals_total',
        help: 'Refused requests by reason: throttled, flooded-address, overloaded, wrong-password …',
        type: 'counter',
        values: () => [...this.#reasons].map(([reason, value]) => ({ labels: { reason }, value })),
      },
    ];
  }
}

function emptyTally(): Tally {
  return { statuses: new Map(), classes: Array.from({ length: ends.length + 1 }, () => 0), milliseconds: 0 };
}

function statusesOf(route: string, { statuses }: Tally): Value[] {
  return [...statuses].map(([status, value]) => ({ labels: { route, status }, value }));
}

/** Prometheus counts in each class what is in the smaller ones too. */
function classesOf(route: string, { classes, milliseconds }: Tally): Value[] {
  const name = 'gatehouse_request_duration_seconds';
  let count = 0;
  const buckets = classes.map((inClass, index) => {
    const le = index < ends.length ? ends[index]! / 1000 : '+Inf';
    return { metricName: `${name}_bucket`, labels: { le, route }, value: (count += inClass) };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: { route }, value: milliseconds / 1000 },
    { metricName: `${name}_count`, labels: { route }, value: count },
  ];
}
