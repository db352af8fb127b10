/** The load of the bench over real sockets: it asks for what it was given, trusts no answer, and hides no stall. */
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { dealOut, onceEach, runLoad } from '../../bench/load.ts';
import type { Load } from '../../bench/load.ts';
import { keepPace } from '../../bench/pace.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-slipstream-cache: hit\r\n\r\n{}';

let server: Server;
afterEach(() => server.close());

/** A server that answers requests of one letter, `answer` says how; it keeps what it got. */
async function serve(answer: (socket: Socket, letter: string, nth: number) => void): Promise<string[]> {
  const asked: string[] = [];
  server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      for (const letter of chunk.toString('latin1')) {
        asked.push(letter);
        answer(socket, letter, asked.length);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return asked;
}

const letters = 'abcdefghij'.split('').map((letter) => Buffer.from(letter));

function load(more: Partial<Load>): Load {
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return { url, cpuMs: () => undefined, connections: 1, next: onceEach(letters), ...more };
}

describe('load', () => {
  it('asks for each once, over however many connections, and ends when all are answered', async () => {
    const asked = await serve((socket) => socket.write(ANSWER));
    const { histogram } = await runLoad(load({ connections: 4 }), { seconds: 60 });
    expect(histogram.totalCount).toBe(10);
    expect(asked.toSorted().join('')).toBe('abcdefghij');
  });

  it('deals the requests out to the connections, again and again', () => {
    const next = dealOut(letters, 4);
    const taken = (connection: number) => [1, 2, 3, 4].map(() => String(next(connection)));
    expect(taken(0)).toEqual(['a', 'e', 'i', 'c']);
    expect(taken(3)).toEqual(['d', 'h', 'b', 'f']);
  });

  it('sends no more ahead of their answers than it may', async () => {
    let atOnceMax = 0;
    let waiting: Socket[] = [];
    await serve((socket) => {
      waiting.push(socket);
      atOnceMax = Math.max(atOnceMax, waiting.length);
      if (waiting.length === 1) {
        setTimeout(() => {
          for (const each of waiting) each.write(ANSWER);
          waiting = [];
        }, 5);
      }
    });
    const { histogram } = await runLoad(load({ depth: 3 }), { seconds: 60 });
    expect(histogram.totalCount).toBe(10);
    expect(atOnceMax).toBe(3);
  });

  it('reads answers that come in pieces, and several in one', async () => {
    await serve((socket, letter, nth) => {
      if (letter === 'a') {
        socket.write(ANSWER.slice(0, 30));
        setTimeout(() => socket.write(ANSWER.slice(30)), 5);
      } else if (nth % 2 === 1) {
        socket.write(ANSWER.repeat(2));
      }
    });
    const { histogram } = await runLoad(load({ depth: 2, next: onceEach(letters.slice(0, 9)) }), { seconds: 60 });
    expect(histogram.totalCount).toBe(9);
  });

  it('connects anew to a server that closes after its answer', async () => {
    await serve((socket) => socket.end(ANSWER.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')));
    const { histogram } = await runLoad(load({}), { seconds: 60 });
    expect(histogram.totalCount).toBe(10);
  });

  it('fails when an answer is not what the row is called', async () => {
    await serve((socket) => socket.write(ANSWER));
    const wrong = runLoad(load({ expected: 'x-slipstream-cache: miss' }), { seconds: 60 });
    await expect(wrong).rejects.toThrow('"x-slipstream-cache: miss" is not in an answer\'s head');
  });

  it('fails when the server refuses, also at a rate', async () => {
    await serve((socket, _letter, nth) => socket.write(nth === 5 ? ANSWER.replace('200 OK', '400 No') : ANSWER));
    await expect(runLoad(load({}), { seconds: 60 })).rejects.toThrow('400 No');
    server.close();
    await serve((socket) => socket.write(ANSWER.replace('200 OK', '500 No')));
    await expect(runLoad(load({}), { seconds: 60, ratePerSecond: 1000 })).rejects.toThrow('500 No');
  });

  it('fails when the server closes without an answer', async () => {
    await serve((socket) => socket.destroy());
    await expect(runLoad(load({}), { seconds: 60 })).rejects.toThrow('a connection was closed');
  });
});

describe('load at a rate', () => {
  it('counts a stall for all who were meant to ask meanwhile', async () => {
    const STALL_MS = 200;
    await serve((socket, letter) => {
      if (letter === 'a') setTimeout(() => socket.write(ANSWER), STALL_MS);
      else socket.write(ANSWER);
    });
    const next = onceEach([letters[0]!, ...Array.from({ length: 99 }, () => letters[1]!)]);
    const { histogram } = await runLoad(load({ next }), { seconds: 0.1, ratePerSecond: 1_000 });

    // A hundred are meant for a tenth of a second, and nobody is answered in twice that: the last has waited half as long.
    expect(histogram.totalCount).toBe(100);
    expect(histogram.minNonZeroValue).toBeGreaterThanOrEqual((STALL_MS / 2 - 5) * 1e6);
    expect(histogram.getValueAtPercentile(50)).toBeGreaterThanOrEqual(STALL_MS * 0.7 * 1e6);
  });

  it('keeps to its schedule when this process is late itself', async () => {
    const meantMs: number[] = [];
    await keepPace({ seconds: 0.02, ratePerSecond: 1_000 }, (meant) => {
      if (meantMs.push(meant) === 1) for (const until = performance.now() + 10; performance.now() < until;);
      return true;
    });
    const steps = meantMs.slice(1).map((meant, place) => (meant - meantMs[place]!).toFixed(3));
    expect(meantMs.length).toBe(20);
    expect(new Set(steps)).toEqual(new Set(['1.000']));
  });

  it('ends when there is nothing left to ask', async () => {
    let asked = 0;
    await keepPace({ seconds: 60, ratePerSecond: 10_000 }, () => ++asked < 5);
    expect(asked).toBe(5);
  });
});
