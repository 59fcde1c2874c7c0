// SPDX-License-Identifier: Apache-2.0

package main

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// The two members of a LeaderWorkerSet spec that a revision stores. Names, pointers and omitempty
// decide the bytes, so they are those of the v1 API; everything else of the API is left out.

type storedSpec struct {
	LeaderWorkerTemplate leaderWorkerTemplate `json:"leaderWorkerTemplate"`
	NetworkConfig        *networkConfig       `json:"networkConfig,omitempty"`
}

type networkConfig struct {
	SubdomainPolicy *string `json:"subdomainPolicy"`
}

type leaderWorkerTemplate struct {
	LeaderTemplate       *corev1.PodTemplateSpec                                 `json:"leaderTemplate,omitempty"`
	WorkerTemplate       corev1.PodTemplateSpec                                  `json:"workerTemplate"`
	Size                 *int32                                                  `json:"size,omitempty"`
	RestartPolicy        string                                                  `json:"restartPolicy,omitempty"`
	SubGroupPolicy       *subGroupPolicy                                         `json:"subGroupPolicy,omitempty"`
	VolumeClaimTemplates []corev1.PersistentVolumeClaim                          `json:"volumeClaimTemplates,omitempty"`
	RetentionPolicy      *appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy `json:"persistentVolumeClaimRetentionPolicy,omitempty"`
}

type subGroupPolicy struct {
	Type         *string `json:"subGroupPolicyType,omitempty"`
	SubGroupSize *int32  `json:"subGroupSize,omitempty"`
}
