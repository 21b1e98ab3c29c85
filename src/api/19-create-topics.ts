/**
 * CreateTopics: v0-7
 *
 * Behavior
 * - CREATE on the cluster or on each topic; its configuration shows to those with DESCRIBE_CONFIGS (fact B46).
 * - Decided by the controller, topic by topic (facts H1-H11); answered when this node's own replicas serve, so that a
 *   client may produce at once.
 *
 * Version notes
 * - v1 validate_only, v4 defaults by -1 (KIP-464), v5 effective configs in the answer (KIP-525), v7 topic ids (KIP-516).
 *   Apache Kafka 4 begins at v2.
 */
import { CreateTopicsRequest, CreateTopicsResponse } from '../../protocol/api/19-create-topics.ts'
import { errorMessage } from '../../protocol/errors.ts'
import { topicAccess } from './authorize.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const createTopics = (services: Services) =>
  handlerFor(CreateTopicsRequest, CreateTopicsResponse, {
    key: 19,
    versions: [0, 7],
    needs: 'resources',
    listeners: ['broker', 'controller'],
    forwarded: true,
    handle: (request, context) =>
      services.controller.createTopics(request, context.apiVersion, topicAccess(services, context)),
    refuse: (request, errorCode) => ({
      topics: request.topics.map(({ name }) => ({ name, errorCode, errorMessage: errorMessage(errorCode) })),
    }),
  })
