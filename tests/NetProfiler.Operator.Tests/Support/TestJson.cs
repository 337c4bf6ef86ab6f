using NetProfiler.Api;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Operator.Tests.Support;

internal static class TestJson
{
    public static ResourceJson Resources { get; } = new(ApiJson.Default);
}
