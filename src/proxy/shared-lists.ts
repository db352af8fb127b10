/**
 * The attribute lists of DAX where several processes share a port: a client takes its connections for ways to one node, and
 * writes on any of them with the number of a list that it has defined on another.
 */
export interface SharedLists {
  /** A client has defined the list here: resolves when every process knows it; undefined when all do already. */
  define(names: readonly string[]): Promise<void> | undefined;
  /** A client asks for a list that was not sent from here: from where it was. */
  find(id: number): Promise<readonly string[] | undefined>;
  /** From here on lists of other processes are put into it, and are looked for in it. */
  meet(dictionary: ListDictionary): void;
}

/** The lists that one process knows. */
export interface ListDictionary {
  define(names: readonly string[]): void;
  namesOf(id: number): readonly string[] | undefined;
}
