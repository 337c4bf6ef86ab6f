using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Limits;

/// <summary>Checks a task against the limits of its namespace.</summary>
internal static class LimitCheck
{
    /// <summary>The limit that the specification exceeds. Null if absent.</summary>
    public static string? FaultOf(NetworkProfilingTask task, NamespaceLimits limits)
    {
        if (task.Spec.ActiveDeadlineSeconds > limits.MaxDeadlineSeconds)
            return $"spec.activeDeadlineSeconds: must be at most {limits.MaxDeadlineSeconds} in this namespace, is "
                + $"{task.Spec.ActiveDeadlineSeconds}";
        if (task.Spec.Tls.Enabled && !limits.AllowTls)
            return "spec.tls.enabled: reading TLS is not allowed in this namespace";
        if (limits.AllowFullContent) return null;

        int full = task.Spec.Sampling.Rules.ToList()
            .FindIndex(rule => rule.Collect.Request == CollectedContent.Full || rule.Collect.Response == CollectedContent.Full);
        return full < 0 ? null : $"spec.sampling.rules[{full}].collect: Full is not allowed in this namespace";
    }
}
