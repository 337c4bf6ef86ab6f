using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace NetProfiler.Kubernetes.Client;

/// <summary>JSON that has no type of its own.</summary>
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class NodeJson : JsonSerializerContext;
