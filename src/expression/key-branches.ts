/**
 * A WHERE as alternatives, each of them a list of conditions that have to hold together: what a SELECT reads by keys is one read an
 * alternative. Only what speaks of key attributes is taken apart; all else stays as it is, to be asked of every item.
 */
import { conjunctsOf, equalityOf } from './statement-key.ts';
import { pathsOf, type Condition } from './syntax.ts';

/** True when every alternative has this attribute equal to a value. */
export function isFixed(condition: Condition, name: string): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.conditions.some((part) => isFixed(part, name));
    case 'or':
      return condition.conditions.every((part) => isFixed(part, name));
    case 'in':
      return isKeyIn(condition, new Set([name]));
    default:
      return equalityOf(condition)?.name === name;
  }
}

/** How many alternatives there are, without making them: a short text can have very many. */
export function branchCount(condition: Condition, keyNames: ReadonlySet<string>): number {
  switch (condition.kind) {
    case 'and':
      return condition.conditions.reduce((product, part) => product * branchCount(part, keyNames), 1);
    case 'or':
      if (!concernsKey(condition, keyNames)) return 1;
      return condition.conditions.reduce((sum, part) => sum + branchCount(part, keyNames), 0);
    case 'in':
      return isKeyIn(condition, keyNames) ? condition.choices.length : 1;
    default:
      return 1;
  }
}

export function branchesOf(condition: Condition, keyNames: ReadonlySet<string>): Condition[][] {
  switch (condition.kind) {
    case 'and': {
      let branches: Condition[][] = [[]];
      for (const part of conjunctsOf(condition)) {
        const ofPart = branchesOf(part, keyNames);
        branches = branches.flatMap((branch) => ofPart.map((more) => [...branch, ...more]));
      }
      return branches;
    }
    case 'or':
      if (!concernsKey(condition, keyNames)) return [[condition]];
      return condition.conditions.flatMap((part) => branchesOf(part, keyNames));
    case 'in': {
      if (!isKeyIn(condition, keyNames)) return [[condition]];
      const left = condition.operand;
      return condition.choices.map((right) => [{ kind: 'compare', comparator: '=', left, right }]);
    }
    default:
      return [[condition]];
  }
}

function concernsKey(condition: Condition, keyNames: ReadonlySet<string>): boolean {
  return pathsOf(condition).some((path) => path.length === 1 && keyNames.has(String(path[0])));
}

function isKeyIn({ operand, choices }: Extract<Condition, { kind: 'in' }>, keyNames: ReadonlySet<string>): boolean {
  if (operand.kind !== 'path' || operand.path.length > 1 || !keyNames.has(String(operand.path[0]))) return false;
  return choices.every(({ kind }) => kind === 'value');
}
