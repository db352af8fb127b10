/**
 * The tables that exist, in memory and in the catalogue rows of the key space; the counters that never repeat; and the
 * spaces of deleted tables and indexes whose rows still have to be removed.
 */
import { assert } from '../base/errors.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Environment } from './environment.ts';
import { catalogKey, expirySpace, indexSpace, itemSpace, rangeOfPrefix } from './key-space.ts';
import { Counts, Table, tableRowKey, type TableRow } from './table.ts';
import type { Writer } from './writer.ts';

const NUMBERS_KEY = catalogKey('numbers');
const TABLE_PREFIX = catalogKey('table/');
const DROP_PREFIX = catalogKey('drop/');

/** Rows removed in one group while a dropped space is emptied, so that requests get their turns. */
const DROP_ROWS_MAX = 1000;

export class Catalog {
  readonly #environment: Environment;
  readonly #writer: Writer;
  readonly #tables = new Map<string, Table>();
  #lastNumber = 0;
  #closed = false;
  /** Ends when every space that was dropped so far is empty. */
  #dropping: Promise<void> = Promise.resolve();

  constructor(environment: Environment, writer: Writer) {
    this.#environment = environment;
    this.#writer = writer;
    const numbers = environment.get(NUMBERS_KEY);
    if (numbers !== undefined) this.#lastNumber = (JSON.parse(numbers.toString()) as { last: number }).last;
    for (const { value } of environment.rows(rangeOfPrefix(TABLE_PREFIX))) {
      const table = new Table(JSON.parse(value.toString('utf8')) as TableRow, (space) => this.#countsOf(space));
      this.#tables.set(table.name, table);
    }
    for (const key of environment.keys(rangeOfPrefix(DROP_PREFIX))) this.#empty(Number(key.slice(DROP_PREFIX.length)));
  }

  tables(): Iterable<Table> {
    return this.#tables.values();
  }

  names(): string[] {
    return [...this.#tables.keys()].sort();
  }

  find(name: string): Table | undefined {
    return this.#tables.get(name);
  }

  has(name: string): boolean {
    return this.#tables.has(name);
  }

  /** @throws {ServiceError} ResourceNotFoundException in the words of the item operations. */
  active(name: string): Table {
    const table = this.#tables.get(name);
    if (table === undefined || !table.schema.active) {
      throw new ServiceError('ResourceNotFoundException', 'Requested resource not found');
    }
    return table;
  }

  /** @throws {ServiceError} ResourceNotFoundException in the words of the table operations. */
  named(name: string): Table {
    const table = this.#tables.get(name);
    if (table === undefined) {
      throw new ServiceError('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`);
    }
    return table;
  }

  /** A number that no table, index or stream of this store has had. */
  nextNumber(): number {
    this.#lastNumber++;
    this.#writer.put(NUMBERS_KEY, Buffer.from(JSON.stringify({ last: this.#lastNumber })));
    return this.#lastNumber;
  }

  create(row: TableRow): Table {
    const table = new Table(row, (space) => this.#countsOf(space));
    assert(!this.#tables.has(table.name), 'a table is created once');
    this.#tables.set(table.name, table);
    this.save(table);
    return table;
  }

  save(table: Table): void {
    this.#writer.put(tableRowKey(table.name), Buffer.from(JSON.stringify(table.row())));
  }

  /** Its name is free at once; its rows go in the background. */
  remove(table: Table): void {
    this.#tables.delete(table.name);
    this.#writer.remove(tableRowKey(table.name));
    this.drop(table.number);
    for (const index of table.indexes) this.drop(index.number);
    if (table.timeToLive !== undefined) this.drop(table.timeToLive.number);
  }

  /** Marks a space for removal in the same commit as what made it unreachable, so that a crash leaves no orphans. */
  drop(space: number): void {
    this.#writer.put(DROP_PREFIX + space, Buffer.from([1]));
    this.#writer.remove(catalogKey(`counts/${space}`));
    this.#empty(space);
  }

  /** Resolves when the rows of everything that was dropped are gone. */
  dropped(): Promise<void> {
    return this.#dropping;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#dropping;
  }

  #countsOf(space: number): Counts {
    return new Counts(space, this.#environment.get(catalogKey(`counts/${space}`)));
  }

  #empty(space: number): void {
    this.#dropping = this.#dropping.then(async () => {
      // Writes that were evaluated before the drop are committed first, so none can come after the last sweep.
      await this.#writer.committed();
      for (const prefix of [itemSpace(space), indexSpace(space), expirySpace(space)]) await this.#sweep(prefix);
      if (!this.#closed) this.#writer.remove(DROP_PREFIX + space);
    });
    this.#dropping.catch(() => undefined);
  }

  async #sweep(prefix: string): Promise<void> {
    for (;;) {
      if (this.#closed) return;
      let count = 0;
      for (const key of this.#environment.keys(rangeOfPrefix(prefix))) {
        this.#writer.remove(key);
        if (++count === DROP_ROWS_MAX) break;
      }
      if (count === 0) return;
      await this.#writer.committed();
    }
  }
}
