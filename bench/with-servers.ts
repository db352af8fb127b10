/** Servers that live as long as a measurement: all that were started are stopped at its end, however it ends. */
export interface Stoppable {
  readonly stop: () => Promise<void>;
}

export type Keep = <Started extends Stoppable>(starting: Promise<Started>) => Promise<Started>;

export async function withServers<Result>(measure: (keep: Keep) => Promise<Result>): Promise<Result> {
  const kept: Promise<Stoppable>[] = [];
  try {
    return await measure((starting) => {
      kept.push(starting);
      return starting;
    });
  } finally {
    // One that is still starting while another failed is waited for: it would outlive this.
    const started = await Promise.allSettled(kept);
    const stops = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value.stop()] : []));
    await Promise.all(stops);
  }
}
