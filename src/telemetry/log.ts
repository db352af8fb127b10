import { destination, pino, stdTimeFunctions } from 'pino';
import type { Logger } from 'pino';
import type { LogLevel } from '../base/log.ts';

/** JSON lines on stderr: stdout carries the ready line and nothing else. */
export function createLog(level: LogLevel): Logger {
  // Synchronous, so that the last lines before an exit are not lost.
  return pino({ level, base: null, timestamp: stdTimeFunctions.isoTime }, destination({ fd: 2, sync: true }));
}
