/**
 * What PartiQL statements are parsed into, parameters already substituted. Conditions and updates are those of the other
 * expressions, so that one evaluator serves both.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
 */
import type { Item } from '../model/attribute-value.ts';
import type { Condition, DocumentPath, Update } from './syntax.ts';

export interface Column {
  /** As the reply calls it: the path's last name with the list indexes behind it. */
  readonly name: string;
  readonly path: DocumentPath;
}

export interface OrderTerm {
  readonly name: string;
  readonly descending: boolean;
}

export type Returning = 'ALL OLD' | 'ALL NEW' | 'MODIFIED OLD' | 'MODIFIED NEW';

export interface SelectStatement {
  readonly kind: 'select';
  /** A table's name or its ARN, as in all statements. */
  readonly table: string;
  readonly index: string | undefined;
  /** Undefined: all. */
  readonly columns: readonly Column[] | undefined;
  readonly where: Condition | undefined;
  readonly order: readonly OrderTerm[];
}

export interface InsertStatement {
  readonly kind: 'insert';
  readonly table: string;
  readonly item: Item;
}

export interface UpdateStatement {
  readonly kind: 'update';
  readonly table: string;
  readonly update: Update;
  readonly where: Condition | undefined;
  readonly returning: Returning | undefined;
}

export interface DeleteStatement {
  readonly kind: 'delete';
  readonly table: string;
  readonly where: Condition | undefined;
  readonly returning: 'ALL OLD' | undefined;
}

/** Of a transaction: it goes on only if the item is as the select says. */
export interface ExistsStatement {
  readonly kind: 'exists';
  readonly table: string;
  readonly select: SelectStatement;
}

export type WriteStatement = InsertStatement | UpdateStatement | DeleteStatement;
export type Statement = SelectStatement | WriteStatement | ExistsStatement;
