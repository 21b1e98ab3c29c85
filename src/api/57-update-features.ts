/**
 * UpdateFeatures: v0-2
 *
 * Behavior
 * - New levels of features, all or none; a refusal is INVALID_UPDATE_VERSION at the top (facts B24, B25). Decided by the
 *   controller.
 * - kraft.version is the quorum's own and stays what it is; naming the level that it has is no error.
 *
 * Version notes
 * - v0 "allow downgrade", v1 types of upgrade and validate only (KIP-778), v2 no results for each feature.
 */
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from '../../protocol/api/57-update-features.ts'
import { errorMessage } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const updateFeatures = (services: Services) =>
  handlerFor(UpdateFeaturesRequest, UpdateFeaturesResponse, {
    key: 57,
    versions: [0, 2],
    needs: 'ALTER',
    listeners: ['broker', 'controller'],
    forwarded: true,
    handle: (request, { apiVersion }) => services.controller.settings.updateFeatures(request, apiVersion),
    refuse: (_request, errorCode) => ({
      throttleTimeMs: 0,
      errorCode,
      errorMessage: errorMessage(errorCode),
      results: [],
    }),
  })
