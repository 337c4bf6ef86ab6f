using System.Text.Json.Serialization;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Api;

/// <summary>
/// The generated JSON code of the custom resources. The resources' properties have setters rather than <c>init</c>: generated code assigns
/// default(T) to an init-only property that is absent, instead of its initial value. Cached objects are shared, so copy them by <c>with</c>
/// to change them.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    IgnoreReadOnlyProperties = true,
    Converters = [typeof(TimeConverter), typeof(DateTimeConverter)])]
[JsonSerializable(typeof(NetworkProfilingTask))]
[JsonSerializable(typeof(NodeProfilingConfig))]
[JsonSerializable(typeof(NodeTaskStatus))]
public sealed partial class ApiJson : JsonSerializerContext;
