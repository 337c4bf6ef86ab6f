using NetProfiler.Analysis.Sampling;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>
/// What is held of each exchange in progress, so that a sample can be made once its response is known. Limits apply to the body as on the
/// wire.
/// </summary>
public sealed record HoldingPolicy(int MaxRequestBodyBytes, int MaxResponseBodyBytes)
{
    /// <summary>Maximum number of bytes held per body.</summary>
    public const int MaxBodyBytes = 64 * 1024;

    /// <summary>Allowance for chunk framing, and for encodings less compact than UTF-8.</summary>
    public const int FramingSlackBytes = 4096;

    /// <summary>
    /// The policy that is sufficient for all of these: heads and socket calls always, bodies up to the largest limit shown.
    /// </summary>
    public static HoldingPolicy For(IEnumerable<ContentPolicy> collected)
    {
        int request = 0, response = 0;
        foreach (var policy in collected)
        {
            if (policy.Request == CollectedContent.Full) request = int.Max(request, WithSlack(policy.MaxRequestBytes));
            if (policy.Response == CollectedContent.Full) response = int.Max(response, WithSlack(policy.MaxResponseBytes));
        }

        return new HoldingPolicy(request, response);
    }

    private static int WithSlack(int shownBytes) => int.Min(int.Clamp(shownBytes, 0, MaxBodyBytes) + FramingSlackBytes, MaxBodyBytes);
}
