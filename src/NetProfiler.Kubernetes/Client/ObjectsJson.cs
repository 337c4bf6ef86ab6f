using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Kubernetes.Client;

/// <summary>This layer's own types.</summary>
[JsonSerializable(typeof(PodRecord))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class ObjectsJson : JsonSerializerContext;
