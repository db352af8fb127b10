/** The guards of the invariants, of one node and of near caches: what `prove-guards.ts` takes out. */
export interface Guard {
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

export const guards: readonly Guard[] = [
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
    guard: "  invalidate(parts, table, mutation, 'write', mayStay ? 'judge' : 'drop');\n",
    without: '',
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
    guard: ' && allLeave(newImage, seen);',
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
    guard: 'if (presentSinceMs !== undefined && presentSinceMs > lease.takenMs) return;',
    without: '',
  },
  {
    name: 'I4 a read that was answered during an own write',
    file: 'src/accelerator/own-write.ts',
    guard: 'const mayStay = isLast && images.mayInstall && write.inFlight.wasRead;',
    without: 'const mayStay = false;',
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
    guard: 'table.unconfirmed.confirm(mutation.keyText, (own) => isRecordOf(own, mutation)),',
    without: 'table === undefined || mutation === undefined,',
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
    guard: 'seen.length === 0 && willBeRecorded(images)',
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
    guard: 'return seen.every((mutation) => sameImage(mutation.newImage, image));',
    without: 'const last = seen.at(-1);\n  return last === undefined || sameImage(last.newImage, image);',
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
    guard: 'refuseOtherNode(call.node, instance);',
    without: 'void refuseOtherNode;',
    suites: near,
  },
  {
    name: 'I3 near: a node that stood still refuses what may have been given up',
    file: 'src/proxy/calls.ts',
    guard: 'standstill.refuse(call.node);',
    without: 'void standstill;',
    suites: ['test/proxy/standstill'],
  },
  {
    name: 'I8 a known read of a table that is not served',
    file: 'src/accelerator/known-reads.ts',
    guard: ' || !table.isServing(nowMs)',
    without: '',
  },
  {
    name: 'I9 a known read of another epoch',
    file: 'src/accelerator/known-reads.ts',
    guard: 'table.epoch !== read.epoch || ',
    without: '',
  },
  {
    name: 'I12 a known read is answered to nobody who may not ask',
    file: 'src/proxy/calls.ts',
    guard: '      this.#authorise(call);\n',
    without: '      if (this.#findKnown(call, operation, startMs) === undefined) this.#authorise(call);\n',
    suites: ['test/proxy/authorise'],
  },
  {
    name: 'near: who has gone is not told',
    file: 'src/proxy/feed-session.ts',
    guard: '    for (const { following } of this.#watched.values()) following?.stop();\n',
    without: '',
    suites: near,
  },
];
