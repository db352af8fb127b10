/**
 * Where a foreign store differs from DynamoDB, behaviour by behaviour. Who is right is decided by the page that the
 * behaviour names. A difference that is not listed fails, and so does one that is listed and is none any more.
 */
export interface Differences {
  /** Operations that the store does not know at all; behaviours that need one are left out. */
  readonly unknown?: { readonly operations: readonly string[]; readonly reason: string };
  /** Members of an output that the store adds without being asked; not counted as differences. */
  readonly surplus?: { readonly members: readonly string[]; readonly page: string };
  /** By the behaviour's name: what the store does instead. */
  readonly listed: Readonly<Record<string, string>>;
}
