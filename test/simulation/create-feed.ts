/** The feed of a scenario: a model of one, or the project's own reader over the model's streams. */
import type { BackingStore } from '../../src/backing/backing-store.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { ChangeFeed } from '../../src/feed/change-feed.ts';
import { createStreamsFeed } from '../../src/feed/streams-feed.ts';
import { ModelFeed } from './model-feed.ts';
import type { ModelStore } from './model-store.ts';
import { ModelStream } from './model-stream.ts';
import { MODEL_TABLES } from './model-tables.ts';
import type { Random } from './random.ts';
import { FEED_DELAY_MS, type Scenario } from './scenarios.ts';

/** How the project's own stream reader is set in the simulator: quick, so that little time has to be simulated. */
const STREAMS_TUNING = {
  pollMinMs: 60,
  pollMaxMs: 250,
  retryMinMs: 60,
  retryMaxMs: 1_000,
  tableCheckMs: 1_500,
  discoverMs: 5_000,
  discoverSoonMs: 300,
  siblingWaitMs: 1_500,
  relativeWaitMs: 4_000,
  propagationMs: FEED_DELAY_MS,
  streamlessCheckMs: 2_000,
  describesPerSecondMax: 20,
} as const;

export function createFeed(
  scenario: Scenario,
  store: ModelStore,
  network: BackingStore,
  clock: Clock,
  random: Random,
): ChangeFeed | undefined {
  switch (scenario.feed) {
    case 'none':
      return undefined;
    case 'direct':
      return new ModelFeed(clock, random);
    case 'delayed':
      return new ModelFeed(clock, random, { delayMaxMs: FEED_DELAY_MS, tickMs: 50 });
    case 'streams':
      // The store's own, whoever comes and goes as its reader.
      store.stream ??= new ModelStream(MODEL_TABLES.keys(), store.options.clock, random, {
        visibleMaxMs: FEED_DELAY_MS,
        listingLagMs: 1_000,
        pageSize: 10,
      });
      return createStreamsFeed({ backing: network, clock, ...STREAMS_TUNING });
  }
}
