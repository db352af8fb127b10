/**
 * The attribute lists that clients have defined, on disk: one line of JSON each, only ever appended. A definition is answered
 * when its line is on the disk, for the client then writes with the list's number until it ends. Two processes may append to
 * one file: a list has the same number in both.
 */
import { mkdir, open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '../base/log.ts';
import type { AttributeList, AttributeLists } from '../wire/dax/attribute-lists.ts';

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class DaxListFile {
  readonly #file: FileHandle;
  /** Numbers of the lists that are on the disk. */
  readonly #kept: Set<number>;
  readonly #keeping = new Map<number, Promise<void>>();
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  private constructor(file: FileHandle, kept: Set<number>) {
    this.#file = file;
    this.#kept = kept;
  }

  /** Opens the file, or makes it, and puts what it holds into `lists`. */
  static async open(path: string, lists: AttributeLists, log: Log): Promise<DaxListFile> {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a');
    const text = await readFile(path, 'utf8');
    const kept = new Set<number>();
    let broken = 0;
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const id = restoreLine(lists, line);
      if (id === undefined) broken++;
      else kept.add(id);
    }
    // The last process may have ended in the middle of a line, which then nobody was told of.
    if (broken > 0) log.warn({ path, broken }, 'lines of the attribute lists could not be read');
    if (text !== '' && !text.endsWith('\n')) await file.appendFile('\n');
    return new DaxListFile(file, kept);
  }

  /** Resolves when the list is on the disk; undefined when it is there already. */
  keep(list: AttributeList): Promise<void> | undefined {
    if (this.#kept.has(list.id)) return undefined;
    let keeping = this.#keeping.get(list.id);
    if (keeping === undefined) {
      keeping = this.#append(list).finally(() => this.#keeping.delete(list.id));
      this.#keeping.set(list.id, keeping);
    }
    return keeping;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  async #append({ id, names }: AttributeList): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ line: `${JSON.stringify([id, names])}\n`, resolve, reject });
      this.#writing ??= this.#write();
    });
    this.#kept.add(id);
  }

  /** Lines that come while others are being written share the next write. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.#file.appendFile(group.map(({ line }) => line).join(''));
        await this.#file.datasync();
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#writing = undefined;
  }
}

/** The number of the line's list; undefined when the line is none of ours. */
function restoreLine(lists: AttributeLists, line: string): number | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed)) return undefined;
  const [id, names] = parsed as readonly unknown[];
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return undefined;
  if (!Array.isArray(names) || !names.every((name): name is string => typeof name === 'string')) return undefined;
  lists.restore(id, names);
  return id;
}
