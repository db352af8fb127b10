/**
 * Parses the expressions of a request.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
 */
import { ConditionParser } from './condition-parser.ts';
import type { Placeholders } from './placeholders.ts';
import type { Condition, ConditionParameter, DocumentPath, Update } from './syntax.ts';
import { TokenReader } from './token-reader.ts';
import { overlapText, relationOf, UpdateParser } from './update-parser.ts';

/** @throws {ServiceError} ValidationException, naming the parameter. */
export function parseCondition(
  expression: string,
  placeholders: Placeholders,
  parameter: ConditionParameter,
): Condition {
  return new ConditionParser(new TokenReader(parameter, expression, placeholders)).parse();
}

/** @throws {ServiceError} ValidationException. */
export function parseUpdate(expression: string, placeholders: Placeholders): Update {
  return new UpdateParser(new TokenReader('UpdateExpression', expression, placeholders)).parse();
}

/** @throws {ServiceError} ValidationException. */
export function parseProjection(expression: string, placeholders: Placeholders): DocumentPath[] {
  const reader = new TokenReader('ProjectionExpression', expression, placeholders);
  const paths: DocumentPath[] = [];
  do {
    const path = reader.path();
    for (const earlier of paths) {
      const relation = relationOf(earlier, path);
      if (relation !== 'apart') reader.note(relation, overlapText(relation, earlier, path));
    }
    paths.push(path);
  } while (reader.takeSymbol(','));
  reader.finish();
  return paths;
}
