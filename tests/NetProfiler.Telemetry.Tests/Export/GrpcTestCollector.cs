using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using NetProfiler.Telemetry.Export.Otlp;
using NetProfiler.Telemetry.Export.SkyWalking;

namespace NetProfiler.Telemetry.Tests.Export;

/// <summary>The collectors' services on loopback, by Grpc.AspNetCore: they keep each call, and answer as the test says.</summary>
internal sealed class GrpcTestCollector : IAsyncDisposable
{
    private readonly WebApplication _application;

    private GrpcTestCollector(WebApplication application) => _application = application;

    public ConcurrentQueue<Call> Calls { get; } = new();

    /// <summary>What a call that was received is answered; it may throw.</summary>
    public Func<Call, ExportTraceServiceResponse> Answer { get; set; } = _ => new();

    public X509Certificate2? Certificate { get; private init; }

    public int Port => new Uri(_application.Urls.First()).Port;

    public SslClientAuthenticationOptions TrustOfItsCertificate => new()
    {
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate!.GetCertHashString() == Certificate!.GetCertHashString(),
    };

    /// <param name="Path">The method, as it stands on the wire.</param>
    public sealed record Call(string Path, Metadata Headers, IReadOnlyList<IMessage> Messages);

    public static async Task<GrpcTestCollector> StartAsync(bool tls = false)
    {
        var certificate = tls ? SelfSigned() : null;
        GrpcTestCollector? collector = null;
        var application = TestCollector.LoopbackApplication(HttpProtocols.Http2, certificate, 0, services =>
        {
            services.AddGrpc();
            services.AddSingleton(_ => collector!);
        });
        application.MapGrpcService<SkyWalkingService>();
        application.MapGrpcService<OtlpService>();
        collector = new GrpcTestCollector(application) { Certificate = certificate };
        await application.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private ExportTraceServiceResponse Receive(ServerCallContext context, IReadOnlyList<IMessage> messages)
    {
        var call = new Call(context.Method, context.RequestHeaders, messages);
        var answer = Answer(call);
        Calls.Enqueue(call);
        return answer;
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    private sealed class SkyWalkingService(GrpcTestCollector collector) : SpanAttachedEventReportService.SpanAttachedEventReportServiceBase
    {
        public override async Task<Commands> collect(IAsyncStreamReader<SpanAttachedEvent> requestStream, ServerCallContext context)
        {
            var events = new List<SpanAttachedEvent>();
            await foreach (var one in requestStream.ReadAllAsync()) events.Add(one);
            collector.Receive(context, events);
            return new Commands();
        }
    }

    private sealed class OtlpService(GrpcTestCollector collector) : TraceService.TraceServiceBase
    {
        public override Task<ExportTraceServiceResponse> Export(ExportTraceServiceRequest request, ServerCallContext context) =>
            Task.FromResult(collector.Receive(context, [request]));
    }
}
