/**
 * CreatePartitions: v0-3
 *
 * Behavior
 * - ALTER on each topic.
 * - Decided by the controller, topic by topic (KIP-195; facts H12, H13, B50).
 *
 * Version notes
 * - v3 THROTTLING_QUOTA_EXCEEDED (KIP-599).
 */
import { CreatePartitionsRequest, CreatePartitionsResponse } from '../../protocol/api/37-create-partitions.ts'
import { ErrorCode, errorMessage } from '../../protocol/errors.ts'
import { rightTo, split } from './authorize.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const createPartitions = (services: Services) =>
  handlerFor(CreatePartitionsRequest, CreatePartitionsResponse, {
    key: 37,
    versions: [0, 3],
    needs: 'resources',
    listeners: ['broker', 'controller'],
    forwarded: true,
    async handle(request, context) {
      const mayAlter = rightTo(services, context, 'ALTER', 'TOPIC')
      const [topics, refused] = split(request.topics, mayAlter, ({ name }) => name)
      const decided = await services.controller.createPartitions({ ...request, topics })
      return { ...decided, results: [...decided.results, ...failed(refused, ErrorCode.TOPIC_AUTHORIZATION_FAILED)] }
    },
    refuse: ({ topics }, errorCode) => ({ throttleTimeMs: 0, results: failed(topics, errorCode) }),
  })

const failed = (topics: readonly { name: string }[], errorCode: ErrorCode) =>
  topics.map(({ name }) => ({ name, errorCode, errorMessage: errorMessage(errorCode) }))
