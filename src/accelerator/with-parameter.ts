/**
 * The same call with one parameter more. Where the call came as bytes that do not mention it, it is put in front of them: they
 * stay as they came, and the rest of a large item is not written anew for one word.
 */
import { ServiceRequest } from '../model/service-call.ts';

/** Longer calls are rare, and no text of their bytes is made for this. */
const TEXT_BYTES_MAX = 64 * 1024;

/** @param request a call with at least one parameter. */
export function withParameter(request: ServiceRequest, name: string, value: string | boolean): ServiceRequest {
  const { input } = request;
  const text = input[name] === undefined ? request.rawText(TEXT_BYTES_MAX) : undefined;
  if (text === undefined) return request.withInput({ ...input, [name]: value });
  // That it is a JSON object is known by now, so what comes first is its brace, and behind that a member.
  const body = `{"${name}":${JSON.stringify(value)},${text.slice(text.indexOf('{') + 1)}`;
  return ServiceRequest.fromBody(request.operation, Buffer.from(body, 'latin1'), request.api);
}
