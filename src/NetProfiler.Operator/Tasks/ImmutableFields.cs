using System.Security.Cryptography;
using System.Text.Json;
using NetProfiler.Api;
using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Tasks;

/// <summary>
/// The immutable fields of a task: <c>spec.targets</c> and <c>spec.sampling</c>. API servers since Kubernetes 1.25 refuse a change by the
/// validation rules of the schema; with older ones, the operator detects it by a hash in the status.
/// </summary>
internal static class ImmutableFields
{
    /// <summary>
    /// Version of the hashed form; must be incremented if equal fields are serialized to different JSON than before (a test detects that).
    /// A hash of another version is not comparable, and is replaced.
    /// </summary>
    private const string Version = "v2-";

    public static string HashOf(NetworkProfilingTaskSpec spec)
    {
        var fields = new NetworkProfilingTaskSpec { Targets = spec.Targets, Sampling = spec.Sampling };
        byte[] hash = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(fields, ApiJson.Default.NetworkProfilingTaskSpec));
        return Version + Convert.ToHexStringLower(hash.AsSpan(0, 8));
    }

    public static bool AreChanged(NetworkProfilingTask task) =>
        task.Status is { ImmutableHash: { } known } status && status.ObservedGeneration != task.Metadata.Generation
        && known.StartsWith(Version, StringComparison.Ordinal) && known != HashOf(task.Spec);
}
