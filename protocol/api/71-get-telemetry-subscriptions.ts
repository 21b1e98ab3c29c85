import { message } from '../schema/message.ts'
import { array, boolean, int8, int16, int32, string, uuid } from '../schema/types.ts'

/** GetTelemetrySubscriptions: which metrics a client is to send, and how often (KIP-714). */

export const GetTelemetrySubscriptionsRequest = message(
  'GetTelemetrySubscriptionsRequest',
  { key: 71, versions: [0, 0], flexible: 0 },
  {
    clientInstanceId: uuid,
  },
)
export type GetTelemetrySubscriptionsRequest = typeof GetTelemetrySubscriptionsRequest.T

export const GetTelemetrySubscriptionsResponse = message(
  'GetTelemetrySubscriptionsResponse',
  { key: 71, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    clientInstanceId: uuid,
    subscriptionId: int32,
    acceptedCompressionTypes: array(int8),
    pushIntervalMs: int32,
    telemetryMaxBytes: int32,
    deltaTemporality: boolean,
    requestedMetrics: array(string),
  },
)
export type GetTelemetrySubscriptionsResponse = typeof GetTelemetrySubscriptionsResponse.T
