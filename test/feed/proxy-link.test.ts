/**
 * Goal: the link's states, its silence, its retries and its count of messages, at the moments that matter. Method: a virtual
 * clock, and a node that says what the test says.
 */
import { describe, expect, it } from 'vitest';
import { SlipstreamError } from '../../src/base/errors.ts';
import { ProxyFeed } from '../../src/feed/proxy-feed.ts';
import { linkDefaults, lost, ProxyLink } from '../../src/feed/proxy-link.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { FromNode, ToNode } from '../../src/wire/feed-messages.ts';

/** One connection, as the node sees it. */
interface NodeEnd {
  readonly heard: ToNode[];
  isHeld: boolean;
  isClosed: boolean;
  say(message: FromNode): void;
  sayText(text: string): void;
  end(why?: SlipstreamError): void;
}

function openLink() {
  const clock = new VirtualClock();
  const ends: NodeEnd[] = [];
  const events: string[] = [];
  const link = new ProxyLink({
    clock,
    connect: ({ onText, onEnd }) => {
      const end: NodeEnd = {
        heard: [],
        isHeld: false,
        isClosed: false,
        say: (message) => onText(JSON.stringify(message)),
        sayText: onText,
        end: (why = lost('it ended')) => onEnd(why),
      };
      ends.push(end);
      return {
        send: (text) => end.heard.push(JSON.parse(text) as ToNode),
        close: () => (end.isClosed = true),
        hold: (isAwaited) => (end.isHeld = isAwaited),
      };
    },
  });
  link.listen({
    onLive: () => events.push('live'),
    onLost: (_why, isGivenUp) => events.push(isGivenUp ? 'given up' : 'lost'),
    onGap: () => events.push('gap'),
    onMessage: ({ type }) => events.push(type),
  });
  const node = () => {
    const end = ends.at(-1);
    if (end === undefined) throw new Error('nobody has connected');
    return end;
  };
  const greeted = () => {
    link.open();
    node().say({ type: 'hello', node: 'n1' });
    return node();
  };
  return { clock, link, ends, events, node, greeted };
}

const push = (sequence: number): FromNode => ({ type: 'reset', sequence, table: 'Things', changed: false });
const pong = (ping: number, sequence: number): FromNode => ({ type: 'pong', ping, sequence, staleness: {} });

describe('the link to a node', () => {
  it('is live from the greeting, and asks after the node in a steady beat', async () => {
    const { clock, link, events, greeted } = openLink();
    expect(link.state).toBe('connecting');
    const node = greeted();
    expect([link.state, link.node, link.failure, events]).toEqual(['live', 'n1', undefined, ['live']]);
    await clock.advance(2 * linkDefaults.beatMs);
    expect(node.heard).toEqual([
      { type: 'ping', ping: 1 },
      { type: 'ping', ping: 2 },
    ]);
  });

  it('is given up when nothing is heard for silenceMs, and not before', async () => {
    const { clock, link, events, greeted } = openLink();
    const node = greeted();
    await clock.advance(linkDefaults.silenceMs - 1);
    node.say(pong(1, 0));
    await clock.advance(linkDefaults.silenceMs - 1);
    expect(link.state).toBe('live');
    await clock.advance(linkDefaults.beatMs + 1);
    expect([link.state, events.at(-1), node.isClosed]).toEqual(['lost', 'given up', true]);
    expect(link.failure?.message).toContain(`${linkDefaults.silenceMs} ms`);
  });

  it('is given up by the first beat after the process was stopped for so long', async () => {
    const { clock, link, greeted } = openLink();
    greeted();
    await clock.pause(linkDefaults.silenceMs + linkDefaults.beatMs);
    expect(link.state).toBe('lost');
  });

  it('is lost, and not given up, when the node ends it', () => {
    const { link, events, greeted } = openLink();
    greeted().end();
    expect([link.state, events]).toEqual(['lost', ['live', 'lost']]);
  });

  it('tries again, less and less often, and often again once it was live', async () => {
    const { clock, ends, node, greeted } = openLink();
    greeted();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      node().end();
      const before = clock.monotonicMs();
      const count = ends.length;
      await clock.advanceUntil(() => ends.length > count, 10_000);
      waits.push(clock.monotonicMs() - before);
    }
    const { retryMinMs, retryMaxMs } = linkDefaults;
    waits.forEach((wait, i) => {
      const base = Math.min(retryMinMs * 2 ** i, retryMaxMs);
      expect(wait).toBeGreaterThanOrEqual(base / 2);
      expect(wait).toBeLessThanOrEqual(base);
    });
    node().say({ type: 'hello', node: 'n2' });
    node().end();
    const count = ends.length;
    expect(await clock.advanceUntil(() => ends.length > count, retryMinMs)).toBe(true);
  });

  it('is asked for once by all who wait for its first attempt', async () => {
    const { link, ends, node } = openLink();
    const settled = Promise.all([link.settled(), link.settled(), link.settled()]);
    expect([ends.length, node().isHeld]).toEqual([1, true]);
    node().end(new SlipstreamError('SLIPSTREAM_NOT_AUTHORISED', 'no'));
    await settled;
    expect([link.state, link.failure?.message]).toEqual(['refused', 'no']);
    await link.settled();
  });

  it('keeps a process alive only while somebody waits for it', async () => {
    const { link, node, greeted } = openLink();
    const settled = link.settled();
    greeted();
    await settled;
    expect(node().isHeld).toBe(false);
    const noted = link.noteWrites(['Things']);
    expect(node().isHeld).toBe(true);
    node().say({ type: 'noted', note: 1 });
    await noted;
    expect(node().isHeld).toBe(false);
  });

  it('hears nothing of a connection that it has left', async () => {
    const { clock, link, events, greeted, ends } = openLink();
    const old = greeted();
    old.end();
    await clock.advanceUntil(() => ends.length === 2, 10_000);
    old.say({ type: 'hello', node: 'n1' });
    old.end();
    expect([link.state, events]).toEqual(['lost', ['live', 'lost']]);
  });

  it('ends when what it hears cannot be read', () => {
    const { link, greeted } = openLink();
    const node = greeted();
    node.sayText('{"type":"mutation","sequence":1}');
    expect([link.state, node.isClosed]).toEqual(['lost', true]);
    expect(link.failure?.message).toContain('cannot be read');
  });

  it('leaves no timer when it is closed, live or not', () => {
    const live = openLink();
    live.greeted();
    live.link.close();
    const waiting = openLink();
    waiting.greeted().end();
    waiting.link.close();
    expect([live.clock.pending, waiting.clock.pending, live.link.state, waiting.link.state]).toEqual([
      0,
      0,
      'lost',
      'lost',
    ]);
    live.link.open();
    expect(live.ends.length).toBe(1);
  });
});

describe('what is missing on the link', () => {
  it('shows by the number of the next message', () => {
    const { events, greeted } = openLink();
    const node = greeted();
    for (const sequence of [1, 2, 4, 5]) node.say(push(sequence));
    expect(events).toEqual(['live', 'reset', 'reset', 'gap', 'reset', 'reset']);
  });

  it('shows by the next pong when nothing follows', () => {
    const { events, greeted } = openLink();
    const node = greeted();
    node.say(push(1));
    node.say(pong(1, 3));
    node.say(pong(2, 3));
    expect(events).toEqual(['live', 'reset', 'gap', 'pong', 'pong']);
  });

  it('is counted anew on each connection', async () => {
    const { clock, events, ends, greeted, node } = openLink();
    greeted().say(push(1));
    node().end();
    await clock.advanceUntil(() => ends.length === 2, 10_000);
    node().say({ type: 'hello', node: 'n1' });
    node().say(push(1));
    expect(events).toEqual(['live', 'reset', 'lost', 'live', 'reset']);
  });
});

describe('what was written past the node', () => {
  it('is told before the link is live again', async () => {
    const { clock, link, ends, greeted, node } = openLink();
    greeted().end();
    await link.noteWrites(['Things']);
    await link.noteWrites(['Others', 'Things']);
    await clock.advanceUntil(() => ends.length === 2, 10_000);
    node().say({ type: 'hello', node: 'n2' });
    expect([link.state, node().heard]).toEqual(['lost', [{ type: 'wrote', note: 1, tables: ['Things', 'Others'] }]]);
    // Another one while the node has not answered.
    await link.noteWrites(['More']);
    node().say({ type: 'noted', note: 1 });
    await clock.advance(0);
    expect([link.state, node().heard.at(-1)]).toEqual(['lost', { type: 'wrote', note: 2, tables: ['More'] }]);
    node().say({ type: 'noted', note: 2 });
    await clock.advance(0);
    expect(link.state).toBe('live');
  });

  it('is told again when the link ends before the node has answered, and its writer does not wait for that', async () => {
    const { clock, link, ends, greeted, node } = openLink();
    greeted();
    const noted = link.noteWrites(['Things']);
    node().end();
    await noted;
    await clock.advanceUntil(() => ends.length === 2, 10_000);
    node().say({ type: 'hello', node: 'n1' });
    expect(node().heard).toEqual([{ type: 'wrote', note: 2, tables: ['Things'] }]);
  });
});

describe('what was written through the node', () => {
  it('is told to another one that takes its place, while a replica may lack it', async () => {
    const { clock, link, node, greeted } = openLink();
    const first = greeted();
    link.rememberWrites(['Old']);
    await clock.advance(linkDefaults.recentMs - 1_000);
    link.rememberWrites(['Recent']);
    // The same node is back: it knows what it did.
    const again = async (id: string) => {
      node().end();
      await clock.advance(linkDefaults.retryMaxMs);
      node().say({ type: 'hello', node: id });
    };
    first.end();
    await clock.advance(linkDefaults.retryMaxMs);
    node().say({ type: 'hello', node: 'n1' });
    expect([link.state, node().heard]).toEqual(['live', []]);
    await again('n2');
    expect(node().heard).toEqual([{ type: 'wrote', note: 1, tables: ['Recent'] }]);
    expect(link.state).toBe('lost');
    node().say({ type: 'noted', note: 1 });
    await clock.advance(0);
    expect(link.state).toBe('live');
    await again('n3');
    expect([link.state, node().heard]).toEqual(['live', []]);
  });
});

describe('the feed over the link', () => {
  function openFeed() {
    const rig = openLink();
    const feed = new ProxyFeed(rig.link, rig.clock);
    const told: string[] = [];
    feed.subscribe({
      onRecord: ({ tableName, kind }) => told.push(`${kind} ${tableName}`),
      onCaughtUp: (tableName, asOfMs) => told.push(`${tableName} as of ${asOfMs}`),
      onGap: (tableName, reason) => told.push(`${reason} ${tableName}`),
    });
    const watched = async () => {
      const state = feed.watch('Things');
      const node = rig.greeted();
      await rig.clock.advance(0);
      node.say({ type: 'watching', table: 'Things', watch: 1, staleness: 30 });
      return state;
    };
    return { ...rig, feed, told, watched };
  }

  it('begins with a gap, and is as young as the question less what the node trails', async () => {
    const { clock, node, told, watched } = openFeed();
    await clock.advance(1_000);
    expect(await watched()).toBe('live');
    await clock.advance(linkDefaults.beatMs);
    const asOfMs = clock.monotonicMs();
    await clock.advance(200);
    node().say({ type: 'pong', ping: 1, sequence: 0, staleness: { Things: 50, Unknown: 0 } });
    expect(told).toEqual(['restart Things', 'Things as of 970', `Things as of ${asOfMs - 50}`]);
  });

  it('says nothing of a table that the node does not serve itself', async () => {
    const { clock, node, told, watched } = openFeed();
    await watched();
    await clock.advance(linkDefaults.beatMs);
    told.length = 0;
    node().say({ type: 'pong', ping: 1, sequence: 0, staleness: { Things: null } });
    expect(told).toEqual([]);
  });

  it('has a gap when messages are missing, and when the link is lost', async () => {
    const { node, told, watched, feed } = openFeed();
    await watched();
    told.length = 0;
    node().say(pong(9, 5));
    expect(told).toEqual(['overflow Things']);
    node().end();
    expect(told).toEqual(['overflow Things', 'feed-lost Things']);
    expect(feed.state('Things')).toBe('lost');
  });

  it('watches its tables anew when the link is live again, and takes no answer to an older question', async () => {
    const { clock, ends, node, told, watched, feed } = openFeed();
    await watched();
    node().end();
    await clock.advanceUntil(() => ends.length === 2, 10_000);
    node().say({ type: 'hello', node: 'n2' });
    expect(node().heard).toEqual([{ type: 'watch', table: 'Things', watch: 2 }]);
    told.length = 0;
    node().say({ type: 'watching', table: 'Things', watch: 1, staleness: 0 });
    expect([told, feed.state('Things')]).toEqual([[], 'lost']);
    node().say({ type: 'watching', table: 'Things', watch: 2, staleness: 0 });
    expect([told[0], feed.state('Things')]).toEqual(['restart Things', 'live']);
  });

  it('asks again for a table that the node could not describe', async () => {
    const { clock, node, greeted, feed } = openFeed();
    const state = feed.watch('Things');
    greeted();
    await clock.advance(0);
    node().say({ type: 'watching', table: 'Things', watch: 1 });
    expect(await state).toBe('lost');
    const asked = () => node().heard.filter(({ type }) => type === 'watch').length;
    node().say(pong(1, 0));
    expect(await clock.advanceUntil(() => asked() === 2, 1_500)).toBe(true);
    node().say({ type: 'watching', table: 'Things', watch: 2 });
    await feed.close();
    expect(clock.pending).toBe(0);
  });

  it('leaves nobody waiting when it is closed', async () => {
    const { clock, greeted, feed } = openFeed();
    const state = feed.watch('Things');
    greeted();
    await clock.advance(0);
    await feed.close();
    expect(await state).toBe('lost');
    expect(clock.pending).toBe(0);
  });
});
