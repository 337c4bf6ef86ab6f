using System.Text.Json.Serialization;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Kubernetes.Client;

/// <summary>What only this layer reads and writes.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TimeConverter)])]
[JsonSerializable(typeof(V1DeleteOptions))]
[JsonSerializable(typeof(ExecCredential))]
internal sealed partial class ProtocolJson : JsonSerializerContext;
