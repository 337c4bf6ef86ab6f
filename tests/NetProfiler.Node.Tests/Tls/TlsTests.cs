using NetProfiler.Capture.Tls;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests.Tls;

/// <summary>What every test of TLS needs.</summary>
internal static class TlsTests
{
    public static void Require(params string[] programs)
    {
        Live.Require(programs);
        Skip.If(TlsSupport.Refusal is not null, TlsSupport.Refusal);
    }
}
