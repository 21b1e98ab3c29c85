import { message } from '../schema/message.ts'
import { boolean, bytes, int8, int16, int32, uuid } from '../schema/types.ts'

/** PushTelemetry: a client's metrics, in OTLP (KIP-714). */

export const PushTelemetryRequest = message(
  'PushTelemetryRequest',
  { key: 72, versions: [0, 0], flexible: 0 },
  {
    clientInstanceId: uuid,
    subscriptionId: int32,
    terminating: boolean,
    compressionType: int8,
    metrics: bytes,
  },
)
export type PushTelemetryRequest = typeof PushTelemetryRequest.T

export const PushTelemetryResponse = message(
  'PushTelemetryResponse',
  { key: 72, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
  },
)
export type PushTelemetryResponse = typeof PushTelemetryResponse.T
