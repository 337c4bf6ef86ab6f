using System.Security.Cryptography;
using System.Text.Json;
using NetProfiler.Api;
using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Tasks;

/// <summary>
/// The fields of a task that cannot be changed: <c>spec.targets</c> and <c>spec.sampling</c>. API servers from Kubernetes 1.25 on refuse a
/// change by the rules of the schema; before, the operator notices it by a hash in the status.
/// </summary>
internal static class ImmutableFields
{
    /// <summary>
    /// Of what is hashed: to be raised when equal fields are written as other JSON than before (a test notices that). A hash of another
    /// version says nothing and is replaced.
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
