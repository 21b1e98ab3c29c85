/**
 * DeleteTopics: v0-6
 *
 * Behavior
 * - DELETE on the cluster or on each topic; without DESCRIBE one does not learn which topics there are (fact H15).
 * - Decided by the controller (facts H14-H17); answered when the topics are gone from this node.
 *
 * Version notes
 * - v3 TOPIC_DELETION_DISABLED, v5 messages (KIP-599), v6 by topic id (KIP-516). Apache Kafka 4 begins at v1.
 */
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../../protocol/api/20-delete-topics.ts'
import { errorMessage } from '../../protocol/errors.ts'
import { topicAccess } from './authorize.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const deleteTopics = (services: Services) =>
  handlerFor(DeleteTopicsRequest, DeleteTopicsResponse, {
    key: 20,
    versions: [0, 6],
    needs: 'resources',
    listeners: ['broker', 'controller'],
    forwarded: true,
    handle: (request, context) =>
      services.controller.deleteTopics(request, context.apiVersion, topicAccess(services, context)),
    refuse: (request, errorCode, { apiVersion }) => ({
      responses: (apiVersion >= 6 ? request.topics : request.topicNames.map((name) => ({ name }))).map((topic) => ({
        ...topic,
        errorCode,
        errorMessage: errorMessage(errorCode),
      })),
    }),
  })
