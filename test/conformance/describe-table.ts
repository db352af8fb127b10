/** Makes tests of the conformance table: one a behaviour. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Behaviour } from './behaviour.ts';
import { conformanceTable } from './conformance-table.ts';
import type { Differences } from './differences.ts';
import { callsOf, runBehaviour, send } from './run-behaviour.ts';
import type { Target } from './targets.ts';

/** The embedded store, by whatever way: it does all that the table says. */
export function describeConformance(name: string, open: () => Promise<Target>): void {
  describe(name, () => {
    const target = useTarget(open);
    it.each(named(conformanceTable))('%s', (_name, behaviour) => runBehaviour(target(), behaviour));

    it('answers from its caches, where it has some', () => {
      const { hits } = target();
      expect(hits?.counts['hit'] ?? Infinity).toBeGreaterThan(50);
    });
  });
}

/** A foreign store: it does what the table says but for the differences that are listed, and these it has. */
export function describeForeign(name: string, open: () => Promise<Target>, differences: Differences): void {
  const { unknown, surplus, listed } = differences;
  const needsUnknown = (behaviour: Behaviour) =>
    callsOf(behaviour).some(([operation]) => unknown?.operations.includes(operation) ?? false);
  const known = conformanceTable.filter((behaviour) => !needsUnknown(behaviour));
  const surplusMembers = surplus?.members ?? [];

  describe(name, () => {
    const target = useTarget(open);
    const run = (behaviour: Behaviour) => runBehaviour(target(), behaviour, surplusMembers);

    it.each(named(known.filter((behaviour) => listed[behaviour.name] === undefined)))('%s', (_name, behaviour) =>
      run(behaviour),
    );

    it.each(
      known.flatMap((behaviour) => {
        const instead = listed[behaviour.name];
        return instead === undefined ? [] : [[behaviour.name, instead, behaviour.page, behaviour] as const];
      }),
    )('differs: %s (%s; see %s)', async (_name, _instead, _page, behaviour) => {
      await expect(run(behaviour), 'it differs no longer').rejects.toThrow();
    });

    it.each(unknown?.operations ?? [])(`knows no %s (${unknown?.reason})`, async (operation) => {
      await expect(send(target(), [operation, {}], [])).rejects.toThrow(
        expect.objectContaining({ name: 'UnknownOperationException' }),
      );
    });

    it('is listed with behaviours of the table alone', () => {
      const names = new Set(known.map((behaviour) => behaviour.name));
      expect(Object.keys(listed).filter((each) => !names.has(each))).toEqual([]);
    });
  });
}

function named(behaviours: readonly Behaviour[]): (readonly [string, Behaviour])[] {
  return behaviours.map((behaviour) => [behaviour.name, behaviour] as const);
}

function useTarget(open: () => Promise<Target>): () => Target {
  let target: Target;
  beforeAll(async () => {
    target = await open();
  });
  afterAll(() => target.close());
  return () => target;
}
