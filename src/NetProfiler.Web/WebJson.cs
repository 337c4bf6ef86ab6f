using System.Text.Json.Serialization;
using NetProfiler.Web.Results;

namespace NetProfiler.Web;

/// <summary>The objects of the API that are written by generated code.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SourceInfo))]
[JsonSerializable(typeof(TaskState))]
[JsonSerializable(typeof(IReadOnlyList<TcpPair>))]
[JsonSerializable(typeof(Requests.RequestCounts))]
internal sealed partial class WebJson : JsonSerializerContext;
