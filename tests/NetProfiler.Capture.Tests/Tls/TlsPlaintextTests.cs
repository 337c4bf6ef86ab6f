using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Tests.Support;
using NetProfiler.Capture.Tls;

namespace NetProfiler.Capture.Tests.Tls;

/// <summary>Every byte of plaintext, of both directions, of each session, on the socket of its client.</summary>
[Collection("live")]
public sealed class TlsPlaintextTests(OddCalls program)
{
    private const int Connections = 60;

    [SkippableTheory]
    [InlineData(SslProtocols.Tls12, "socket")]
    [InlineData(SslProtocols.Tls13, "socket")]
    [InlineData(SslProtocols.Tls12, "memory")]
    [InlineData(SslProtocols.Tls13, "memory")]
    [InlineData(SslProtocols.Tls12, "node")]
    [InlineData(SslProtocols.Tls13, "node")]
    public async Task Hashes_of_all_plaintext_are_those_of_the_clients(SslProtocols protocol, string transport)
    {
        Require();
        if (transport == "node") Skip.IfNot(Tool.IsThere("node"), "needs node");
        using var server = new EchoServer(transport);
        using var session = CaptureSession.Start(new CaptureTargets { ProcessIds = [server.Id] }, new CaptureOptions { ReadsTls = true });
        Assert.Null(session.TlsRefusal);
        var seen = new PlaintextLog();
        using var stop = new CancellationTokenSource();
        var draining = Task.Run(() => Drain(session, seen, stop.Token));
        var sent = await ConverseAsync(server.Port, protocol);
        await stop.CancelAsync();
        await draining;
        session.Drain(seen, int.MaxValue);

        Assert.Equal(Connections, sent.Count);
        Assert.Equal(0, session.Read(Counter.LostRingFull));
        Assert.Equal(sent.OrderBy(one => one.Key), seen.HashesByPort(Direction.Ingress).OrderBy(one => one.Key));
        Assert.Equal(sent.OrderBy(one => one.Key), seen.HashesByPort(Direction.Egress).OrderBy(one => one.Key));
        Assert.Equal(protocol == SslProtocols.Tls12 ? "1.2" : "1.3",
            Assert.Single(seen.Sessions.Select(one => one.Tls.Version).Distinct()));
        Assert.All(seen.Sessions, one => Assert.True(one.FromStart));
        Assert.Equal(Connections, session.Read(Counter.TlsStreams));
        Assert.Equal(0, session.Read(Counter.TlsUnbound) + session.Read(Counter.TlsLostCalls) + session.Read(Counter.TlsTwoCarriers)
            + session.TlsFailures.Count);
    }

    /// <summary>Nobody reads the ring while clients talk: it is full soon.</summary>
    [SkippableTheory]
    [InlineData("socket")]
    [InlineData("memory")]
    public async Task A_full_ring_leaves_gaps_at_their_place_and_no_other_byte(string transport)
    {
        Require();
        using var server = new EchoServer(transport);
        using var session = CaptureSession.Start(new CaptureTargets { ProcessIds = [server.Id] },
            new CaptureOptions { ReadsTls = true, RingBytes = 256 * 1024 });
        var seen = new PlaintextLog();
        await ConverseAsync(server.Port, SslProtocols.Tls13);
        session.Drain(seen, int.MaxValue);

        Assert.True(session.Read(Counter.LostRingFull) > 0);
        Assert.True(seen.Bytes > 0);
        Assert.Empty(seen.Differences(Conversation));
    }

    private void Require()
    {
        Skip.If(program.Reason is not null, program.Reason);
        Skip.If(TlsSupport.Refusal is not null, TlsSupport.Refusal);
        Skip.IfNot(Tool.IsThere("python3"), "needs python3");
    }

    private static void Drain(CaptureSession session, PlaintextLog seen, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            session.Wait(2);
            session.Drain(seen, int.MaxValue);
        }
    }

    // What a client says follows from its port.
    private static byte[] Conversation(int port)
    {
        var random = new Random(port);
        var bytes = new byte[random.Next(1, 300_000)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static async Task<Dictionary<int, string>> ConverseAsync(int port, SslProtocols protocol)
    {
        var sent = new Dictionary<int, string>();
        await Parallel.ForEachAsync(Enumerable.Range(0, Connections), new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (_, stop) =>
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, stop);
            using var session = new SslStream(client.GetStream());
            await session.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost", EnabledSslProtocols = protocol,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost",
            }, stop);
            int own = ((IPEndPoint)client.Client.LocalEndPoint!).Port;
            byte[] said = Conversation(own), heard = new byte[said.Length];
            var writing = session.WriteAsync(said, stop);
            await session.ReadExactlyAsync(heard, stop);
            await writing;
            Assert.Equal(said, heard);
            lock (sent) sent.Add(own, Convert.ToHexString(SHA256.HashData(said)));
        });
        return sent;
    }

    private sealed class EchoServer : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("netprofiler-test-");
        private readonly Process _process;

        public EchoServer(string transport)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
                .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            File.WriteAllText(Path.Combine(_folder.FullName, "cert.pem"), certificate.ExportCertificatePem());
            File.WriteAllText(Path.Combine(_folder.FullName, "key.pem"), key.ExportPkcs8PrivateKeyPem());
            string program = Path.Combine(AppContext.BaseDirectory, "programs", transport == "node" ? "tls_echo.js" : "tls_echo.py");
            _process = Process.Start(new ProcessStartInfo(transport == "node" ? "node" : "python3", [program, _folder.FullName, transport])
            {
                RedirectStandardOutput = true,
            })!;
            Port = int.Parse(_process.StandardOutput.ReadLine()!);
            // pyenv's python3 is a script that becomes the program: the number stays.
            Id = _process.Id;
        }

        public int Port { get; }

        public int Id { get; }

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
            _folder.Delete(recursive: true);
        }
    }
}
