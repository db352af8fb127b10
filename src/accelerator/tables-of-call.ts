/** Which tables a call is about, for those who have to know before they know anything else of it. */
import { traitsOf } from '../model/operations.ts';
import type { JsonObject, ServiceRequest } from '../model/service-call.ts';
import { tablesOfStatements } from './write-statement.ts';

/**
 * As the call names them; one that names none in the way that its operation asks for throws or has none.
 *
 * @throws {TypeError} when its parameters do not have the form of its operation.
 */
export function tablesOfCall(request: ServiceRequest): string[] {
  const { operation, input } = request;
  switch (traitsOf(operation).path) {
    case 'write-statement':
      return tablesOfStatements(request);
    case 'read-batch':
    case 'write-batch':
      return Object.keys(input['RequestItems'] as JsonObject);
    case 'write-transaction': {
      const names = new Set<string>();
      for (const item of input['TransactItems'] as Record<string, JsonObject>[]) {
        for (const { TableName: name } of Object.values(item)) names.add(name as string);
      }
      return [...names];
    }
    default: {
      const name: unknown = input['TableName'];
      return typeof name === 'string' ? [name] : [];
    }
  }
}
