/** What to try now, in a few lines that can be copied. */
import type { ProxyAddresses } from '../proxy/proxy.ts';
import { DEMO_TABLE } from './demo.ts';

export function nextSteps({ http, dax, admin }: ProxyAddresses, hasDemo: boolean): string {
  const lines: string[] = [];
  if (http !== undefined) {
    const body = hasDemo
      ? `{"TableName":"${DEMO_TABLE}","Key":{"year":{"N":"1994"},"title":{"S":"Pulp Fiction"}}}`
      : '{}';
    lines.push(
      '',
      `Slipstream answers at ${http}. Twice the same question, and the second answer is a hit:`,
      '',
      `  curl -si ${http} -H 'content-type: application/x-amz-json-1.0' \\`,
      `    -H 'x-amz-target: DynamoDB_20120810.${hasDemo ? 'GetItem' : 'ListTables'}' \\`,
      `    -d '${body}'`,
      '',
      'Any AWS SDK, unchanged:',
      '',
      `  export AWS_ENDPOINT_URL_DYNAMODB=${http}`,
      '',
      'Node.js without a process between, by one import:',
      '',
      `  import { DynamoDBClient } from 'slipstream/client-dynamodb'; // was '@aws-sdk/client-dynamodb'`,
    );
  }
  if (dax !== undefined) lines.push('', `Amazon DAX clients, unchanged: endpoint ${dax}`);
  if (admin !== undefined) lines.push('', `Health and metrics: ${admin}/readyz and ${admin}/metrics`);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n\n`;
}
