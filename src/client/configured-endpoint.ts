/** The address that a client was told to use, in the program, the environment or the shared config file. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

type Configuration = DynamoDBClient['config'];
/** Spelled by the SDK's own types, for the packages that state them are not ours to name. */
type Endpoint = Awaited<ReturnType<NonNullable<Configuration['endpoint']>>>;

/** Undefined where the SDK derives it from the region. */
export async function configuredEndpointOf({
  endpoint,
  ignoreConfiguredEndpointUrls,
  serviceConfiguredEndpoint,
}: Configuration): Promise<Endpoint | string | undefined> {
  if (endpoint !== undefined) return endpoint();
  return ignoreConfiguredEndpointUrls === true ? undefined : serviceConfiguredEndpoint?.();
}

/**
 * A store that is not AWS's answers both APIs at one address. One that the environment gives for streams alone goes before
 * those of the environment and the file; the SDK finds it.
 */
export async function streamsEndpointOf(configuration: Configuration): Promise<Endpoint | string | undefined> {
  const isElsewhere = configuration.endpoint === undefined && process.env['AWS_ENDPOINT_URL_DYNAMODB_STREAMS'];
  return isElsewhere ? undefined : configuredEndpointOf(configuration);
}
