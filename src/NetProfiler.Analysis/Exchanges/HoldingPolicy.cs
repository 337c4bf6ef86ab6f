using NetProfiler.Analysis.Sampling;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>
/// What is held of each exchange while it is under way, so that a sample can be made of it when its response decides so. Limits are of the
/// body as it is on the wire.
/// </summary>
public sealed record HoldingPolicy(int MaxRequestBodyBytes, int MaxResponseBodyBytes)
{
    /// <summary>Most that is held of one body.</summary>
    public const int MaxBodyBytes = 64 * 1024;

    /// <summary>What chunk framing and an encoding less compact than UTF-8 may add to what is shown.</summary>
    public const int FramingSlackBytes = 4096;

    /// <summary>Enough for whatever any of these collects: heads and socket calls always, of bodies as much as is shown.</summary>
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
