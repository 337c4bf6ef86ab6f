using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s.Models;
using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Kubernetes.Client;

/// <summary>
/// The types of this layer, and the library's models that the operator or the agent reads or writes. The library's own context contains all
/// of its 1,200 models and would keep each of them in the native executables. <c>NativeModels.xml</c> removes it, so a model must be listed
/// here.
/// </summary>
[JsonSerializable(typeof(PodRecord))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(Eventsv1Event))]
[JsonSerializable(typeof(V1DeleteOptions))]
[JsonSerializable(typeof(V1Job))]
[JsonSerializable(typeof(V1Lease))]
[JsonSerializable(typeof(V1ListMeta))]
[JsonSerializable(typeof(V1Node))]
[JsonSerializable(typeof(V1Patch))]
[JsonSerializable(typeof(V1ReplicaSet))]
[JsonSerializable(typeof(V1Service))]
[JsonSerializable(typeof(V1Status))]
[JsonSerializable(typeof(V1SubjectAccessReview))]
[JsonSerializable(typeof(V1TokenReview))]
internal sealed partial class ObjectsJson : JsonSerializerContext;
