import { message } from '../schema/message.ts'
import { array, int16, int32, int53, records, string, struct, uuid } from '../schema/types.ts'

/**
 * Produce: record batches, or message sets in versions 0 to 2, to be appended to partitions.
 * v1 throttle time; v2 log append time in the answer; v3 batches of format 2 and transactional ids (KIP-98); v5 log
 * start offset; v7 zstd (KIP-110); v8 errors of single records (KIP-467); v9 flexible; v10 current leader and its
 * endpoint (KIP-951); v11 TRANSACTION_ABORTABLE (KIP-890); v12 adds partitions to the transaction by itself (KIP-890);
 * v13 topic ids in place of names (KIP-516).
 */

export const ProduceRequest = message(
  'ProduceRequest',
  { key: 0, versions: [0, 13], flexible: 9 },
  {
    transactionalId: string.since(3).nullable().default(null),
    acks: int16,
    timeoutMs: int32,
    topicData: array({
      name: string.until(12).ignorable(),
      topicId: uuid.since(13).ignorable(),
      partitionData: array({ index: int32, records: records.nullable() }),
    }),
  },
)
export type ProduceRequest = typeof ProduceRequest.T

export const ProduceResponse = message(
  'ProduceResponse',
  { key: 0, versions: [0, 13], flexible: 9 },
  {
    responses: array({
      name: string.until(12).ignorable(),
      topicId: uuid.since(13).ignorable(),
      partitionResponses: array({
        index: int32,
        errorCode: int16,
        baseOffset: int53,
        logAppendTimeMs: int53.since(2).default(-1).ignorable(),
        logStartOffset: int53.since(5).default(-1).ignorable(),
        recordErrors: array({ batchIndex: int32, batchIndexErrorMessage: string.nullable().default(null) })
          .since(8)
          .ignorable(),
        errorMessage: string.since(8).nullable().default(null).ignorable(),
        currentLeader: struct({ leaderId: int32.default(-1), leaderEpoch: int32.default(-1) }).tag(0, 10),
      }),
    }),
    throttleTimeMs: int32.since(1).default(0).ignorable(),
    nodeEndpoints: array({
      nodeId: int32,
      host: string,
      port: int32,
      rack: string.nullable().default(null),
    }).tag(0, 10),
  },
)
export type ProduceResponse = typeof ProduceResponse.T
