/**
 * Takes out each guard of the invariants, one at a time, in a copy of the sources, and tells which test notices. A guard
 * whose removal nothing notices is a missing test, and the script fails.
 *
 * `npx tsx scripts/prove-guards.ts [name…]`
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

interface Guard {
  readonly name: string;
  readonly file: string;
  /** Text that stands in the file exactly once. */
  readonly guard: string;
  readonly without: string;
  /** The tests that may notice; those of one node unless given. */
  readonly suites?: readonly string[] | undefined;
}

const near = [
  'test/feed/proxy-link',
  'test/proxy/feed-door',
  'test/client/proxy-balancer',
  'test/simulation/races-of-near-caches',
  'test/simulation/near-caches',
];

const workers = ['test/proxy/workers', 'test/proxy/worker-followers', 'test/proxy/worker-lists'];

const guards: readonly Guard[] = [
  {
    name: 'I1 item token',
    file: 'src/accelerator/table.ts',
    guard: 'return isEmpty(this.log.since(topics.item(text), lease.token));',
    without: 'return true;',
  },
  {
    name: 'I1 page token',
    file: 'src/accelerator/table.ts',
    guard: 'return !this.#anyTouches(indexName, footprint, (topic) => this.log.since(topic, lease.token));',
    without: 'return true;',
  },
  {
    name: 'I1 tokens that the log no longer reaches',
    file: 'src/cache/mutation-log.ts',
    guard: 'return token >= this.#first;',
    without: 'return token >= 0;',
  },
  {
    name: 'I2 strong read of a recent item',
    file: 'src/accelerator/table.ts',
    guard: 'return this.log.isBlurred(nowMs) || !isEmpty(this.log.recent(topics.item(text), nowMs));',
    without: 'return false;',
  },
  {
    name: 'I2 strong read of a recent footprint, index quarantine',
    file: 'src/accelerator/table.ts',
    guard: 'return this.#anyTouches(indexName, footprint, (topic) => this.log.recent(topic, nowMs));',
    without: 'return false;',
  },
  {
    name: 'I2 index quarantine',
    file: 'src/accelerator/read-page.ts',
    guard: 'if (!isSettled || ',
    without: 'if (',
  },
  {
    name: 'I2 recent after an overflow',
    file: 'src/cache/mutation-log.ts',
    guard: 'return nowMs < this.#allRecentUntilMs;',
    without: 'return false;',
  },
  {
    name: 'I3 own writes take effect',
    file: 'src/accelerator/own-write.ts',
    guard: "  invalidate(parts, table, mutation, 'write');\n  // I4",
    without: '  // I4',
  },
  {
    name: 'I4 overlap',
    file: 'src/cache/writes-in-flight.ts',
    guard: '    write.overlapped = true;\n    for (const other of others) other.overlapped = true;\n',
    without: '',
  },
  {
    name: 'I4 a foreign record during an own write',
    file: 'src/accelerator/own-write.ts',
    guard: ' && allLeave(images.newImage, write);',
    without: ' && allLeave !== undefined;',
  },
  {
    name: 'I4 a foreign record that the log has forgotten',
    file: 'src/accelerator/own-write.ts',
    guard: 'const isRemembered = table.log.reaches(write.sent.token);',
    without: 'const isRemembered = true;',
  },
  {
    name: 'I3 the old image of a repeated write',
    file: 'src/accelerator/write-item.ts',
    guard: "returned === 'ALL_OLD' && !reply.isUncertain",
    without: "returned === 'ALL_OLD'",
  },
  {
    name: 'no older read over a newer one',
    file: 'src/accelerator/read-item.ts',
    guard: 'if (present !== undefined && present.storedAtMs > lease.takenMs) return;',
    without: '',
  },
  {
    name: 'I4 a read that was answered during an own write',
    file: 'src/accelerator/own-write.ts',
    guard: 'else if (!write.inFlight.wasRead) install',
    without: 'else install',
  },
  {
    name: 'I5 unknown outcome',
    file: 'src/accelerator/own-write.ts',
    guard:
      "  parts.items.invalidate(write.table.prefix + write.keyText);\n  const mutation = mutationOf(write.table.schema, write.key, 'unknown', newImage);\n  if (mutation !== undefined) invalidate(parts, write.table, mutation, 'write');\n",
    without: '  void newImage;\n',
  },
  {
    name: 'I5 refused writes change nothing',
    file: 'src/accelerator/own-write.ts',
    guard: 'return reply.status >= 400 && reply.status < 500 && !reply.isUncertain;',
    without: 'return false;',
  },
  {
    name: 'I6 a record with another image drops the entry',
    file: 'src/accelerator/invalidate.ts',
    guard: 'holdsImage(entry.value, mutation.newImage)',
    without: 'true',
  },
  {
    name: 'I6 a record with the same image keeps the entry',
    file: 'src/accelerator/invalidate.ts',
    guard: 'if (entry === undefined || holdsImage(entry.value, mutation.newImage)) return 0;',
    without: 'if (entry === undefined) return 0;',
  },
  {
    name: 'I6 the record of an own write is known again',
    file: 'src/accelerator/follow-feed.ts',
    guard: 'else if (!table.unconfirmed.confirm(mutation.keyText, (own) => isRecordOf(own, mutation))) {',
    without: 'else {',
  },
  {
    name: 'I6 the record of an own write is known by both images',
    file: 'src/accelerator/follow-feed.ts',
    guard: 'return sameImage(own.oldImage, recorded.oldImage) && ',
    without: 'return ',
  },
  {
    name: 'I6 a record that came before the answer does not come again',
    file: 'src/accelerator/own-write.ts',
    guard: 'seen === undefined && willBeRecorded(images)',
    without: 'willBeRecorded(images)',
  },
  {
    name: 'I7 pages are judged',
    file: 'src/accelerator/page-rules.ts',
    guard: 'if (!isOld && !isNew) return false;',
    without: 'return false;',
  },
  {
    name: 'I7 the filter is judged on both images',
    file: 'src/accelerator/page-rules.ts',
    guard: 'if (page.filter !== undefined && passed !== evaluateCondition(page.filter, after)) return true;',
    without: '',
  },
  {
    name: 'I3 a page that does not list what the old image puts on it',
    file: 'src/accelerator/page-rules.ts',
    guard: 'if (passed && page.listed?.has(mutation.keyText) === false) {',
    without: 'if (page.isPartOfScan) {',
  },
  {
    name: 'I7 filtered index pages without an old image',
    file: 'src/accelerator/page-rules.ts',
    guard: 'if (isNew || page.filter !== undefined || ',
    without: 'if (isNew || ',
  },
  {
    name: 'I7 ties at the start of an index footprint',
    file: 'src/accelerator/plan-page.ts',
    guard: 'const ties = index !== undefined;',
    without: 'const ties = false;',
  },
  {
    name: 'I7 the tail of a capped page is not cut',
    file: 'src/accelerator/read-page.ts',
    guard: 'const isLimited = last !== undefined && scanned === plan.limit;',
    without: 'const isLimited = last !== undefined;',
  },
  {
    name: 'I8 freshness is checked on each hit',
    file: 'src/accelerator/table.ts',
    guard: 'return nowMs <= this.#freshUntilMs;',
    without: 'return nowMs <= Infinity;',
  },
  {
    name: 'I9 the epoch is in the key',
    file: 'src/accelerator/table.ts',
    guard: '    this.#prefix = `${this.#epoch}|`;\n    this.pages',
    without: '    this.pages',
  },
  {
    name: 'I9 a reset refuses older leases',
    file: 'src/cache/mutation-log.ts',
    guard: 'this.#first = ++this.#next;',
    without: 'this.#first = this.#next;',
  },
  {
    name: 'I10 generation of a flight',
    file: 'src/cache/single-flight.ts',
    guard: 'if (!isCurrent(flight.token)) return undefined;',
    without: '',
  },
  {
    name: 'I10 the abort of one caller',
    file: 'src/accelerator/load.ts',
    guard: 'const read = () => miss.read(lease);',
    without: 'const read = () => orAbort(miss.read(lease), signal);',
  },
  {
    name: 'I11 batches count',
    file: 'src/accelerator/write-many.ts',
    guard: "else writeApplied(parts, own, { oldImage: 'unknown', newImage: write.newImage, mayInstall });",
    without: 'else writeRefused(own);',
  },
  {
    name: 'I11 unprocessed items do not count',
    file: 'src/accelerator/write-many.ts',
    guard:
      'if (isRefused || (isLeft && reply?.isUncertain === false)) writeRefused(own);\n    else if (left === undefined || isLeft)',
    without: 'if (isRefused) writeRefused(own);\n    else if (left === undefined)',
  },
  {
    name: 'I11 unprocessed items of a repeated call',
    file: 'src/accelerator/write-many.ts',
    guard: '(isLeft && reply?.isUncertain === false)',
    without: 'isLeft',
  },
  {
    name: 'I11 statements drop the item that they write',
    file: 'src/accelerator/write-statement.ts',
    guard: 'planned.push({ table, key, newImage: newImageOf(statement) });',
    without: 'void newImageOf;',
  },
  {
    name: 'I11 a statement that cannot be read drops everything',
    file: 'src/accelerator/write-statement.ts',
    guard: 'if (!isRefused) parts.tables.resetAll();',
    without: 'if (isRefused) parts.tables.resetAll();',
  },
  {
    name: 'I13 what cannot be planned passes through',
    file: 'src/accelerator/parameters.ts',
    guard: '  } catch {\n    return undefined;\n  }',
    without: '  } finally {\n  }',
  },
  {
    name: 'I4 near: a node pushes a replaced write last',
    file: 'src/accelerator/own-write.ts',
    guard:
      'for (const mutation of seenSince(write)) if (!sameImage(mutation.newImage, image)) return false;\n  return true;',
    without: 'const last = lastSeen(write);\n  return last === undefined || sameImage(last.newImage, image);',
    suites: near,
  },
  {
    name: 'I2 near: a successor is told what was written lately',
    file: 'src/feed/proxy-link.ts',
    guard: 'if (this.#node !== message.node) this.#tellSuccessor();',
    without: '',
    suites: near,
  },
  {
    name: 'I9 near: what was cached before the node tells',
    file: 'src/feed/proxy-feed.ts',
    guard: "    this.#listener?.onGap(name, 'restart');\n    settle(table, 'live');",
    without: "    settle(table, 'live');",
    suites: near,
  },
  {
    name: 'I9 near: a lost link flushes',
    file: 'src/feed/proxy-feed.ts',
    guard: "this.#listener?.onGap(name, 'feed-lost');",
    without: '',
    suites: near,
  },
  {
    name: 'I9 near: the count of the pushes',
    file: 'src/feed/proxy-link.ts',
    guard: "message.type !== 'watching' && message.sequence !== ++this.#sequence",
    without: "message.type !== 'watching' && message.sequence < ++this.#sequence",
    suites: near,
  },
  {
    name: 'I9 near: the count that a pong tells',
    file: 'src/feed/proxy-link.ts',
    guard: 'if (message.sequence !== this.#sequence) this.#gap(message.sequence);',
    without: '',
    suites: near,
  },
  {
    name: 'I3 near: what was written past a node',
    file: 'src/proxy/feed-session.ts',
    guard: 'for (const table of message.tables) this.#options.accelerator.invalidate(table);',
    without: '',
    suites: near,
  },
  {
    name: 'I3 near: the link is live once the node knows of that',
    file: 'src/feed/proxy-link.ts',
    guard: 'if (this.#wrote.size === 0) {',
    without: 'if (this.#wrote.size >= 0) {',
    suites: near,
  },
  {
    name: 'I2 near: an uncertain read is not kept',
    file: 'src/accelerator/read-item.ts',
    guard: '  if (reply.isUncertain) return;\n',
    without: '',
    suites: near,
  },
  {
    name: 'I6 near: another node than the one that is followed refuses',
    file: 'src/proxy/calls.ts',
    guard: 'refuseOtherNode(head.node, instance);',
    without: 'void refuseOtherNode;',
    suites: near,
  },
  {
    name: 'near: who has gone is not told',
    file: 'src/proxy/feed-session.ts',
    guard: '    for (const { following } of this.#watched.values()) following?.stop();\n',
    without: '',
    suites: near,
  },
  {
    name: 'workers: a near cache is told when every worker has taken it',
    file: 'src/proxy/feed-session.ts',
    guard: 'options.whenShared ?? ((tell) => tell())',
    without: '(tell) => tell()',
    suites: workers,
  },
  {
    name: "workers: another worker's write is no record",
    file: 'src/proxy/worker-feed.ts',
    guard: 'onWrite?.(record)',
    without: 'onRecord(record)',
    suites: workers,
  },
  {
    name: 'workers: nothing is served without a lease',
    file: 'src/proxy/worker-link.ts',
    guard: 'return this.#options.clock.monotonicMs() < this.#leaseUntilMs;',
    without: 'return true;',
    suites: workers,
  },
  {
    name: 'workers: nothing is known by one that was left behind',
    file: 'src/proxy/shared-accelerator.ts',
    guard: 'link.mayServe ? following.stalenessMs() : Infinity',
    without: 'following.stalenessMs()',
    suites: workers,
  },
  {
    name: 'workers: nobody is excused while it may serve',
    file: 'src/proxy/worker-deliveries.ts',
    guard: 'sent.add({ delivery, excusedAtMs });',
    without: 'sent.add({ delivery, excusedAtMs: excusedAtMs - 500 });',
    suites: workers,
  },
  {
    name: 'workers: what one had begun that dies may be done',
    file: 'src/proxy/worker-hub.ts',
    guard: 'if (!isDone) this.#deliver(',
    without: 'if (isDone) this.#deliver(',
    suites: workers,
  },
  {
    name: 'workers: a flush is told when all have done it',
    file: 'src/proxy/worker-hub.ts',
    guard: "if (ask.about === 'flush') this.#deliveries.noteSent(port.id, question, leasedUntilMs);",
    without: '',
    suites: workers,
  },
];

const ofOneNode = ['test/accelerator', 'test/cache', 'test/simulation/races'];
const root = resolve(import.meta.dirname ?? '.', '..');
const wanted = process.argv.slice(2);
const copy = mkdtempSync(join(tmpdir(), 'slipstream-guards-'));
let survivors = 0;
try {
  for (const part of ['src', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts']) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const guard of guards) {
    if (wanted.length > 0 && !wanted.some((word) => guard.name.includes(word))) continue;
    const noticed = noticedBy(guard);
    if (noticed.length === 0) survivors++;
    console.log(`${noticed.length === 0 ? 'NOT NOTICED' : 'noticed'}  ${guard.name}`);
    for (const test of noticed.slice(0, 3)) console.log(`           ${test}`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
if (survivors > 0) {
  console.log(`${survivors} guards can be taken out without a test noticing`);
  process.exitCode = 1;
}

function noticedBy({ name, file, guard, without, suites = ofOneNode }: Guard): string[] {
  const path = join(copy, file);
  const intact = readFileSync(path, 'utf8');
  if (intact.split(guard).length !== 2) throw new Error(`${name}: its text does not stand exactly once in ${file}`);
  writeFileSync(
    path,
    intact.replace(guard, () => without),
  );
  try {
    const report = join(copy, 'report.json');
    spawnSync('npx', ['vitest', 'run', ...suites, '--reporter=json', `--outputFile=${report}`], { cwd: copy });
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
      testResults: { name: string; status: string; assertionResults: { fullName: string; status: string }[] }[];
    };
    return testResults.flatMap(({ name: suite, status, assertionResults }) => {
      const failed = assertionResults.filter((result) => result.status === 'failed').map((result) => result.fullName);
      return failed.length === 0 && status === 'failed' ? [`${suite} (does not load)`] : failed;
    });
  } finally {
    writeFileSync(path, intact);
  }
}
