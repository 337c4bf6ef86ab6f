using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.Metrics;
using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Kubernetes.Client;

/// <summary>Sends a request as often as it may and must be sent, under a limit of its own, as whoever the configuration says.</summary>
internal sealed partial class KubernetesTransport : IDisposable
{
    private readonly KubernetesClientConfiguration _configuration;
    private readonly KubernetesClientOptions _options;
    private readonly Connections _connections;
    private readonly TokenBucket _reads;
    private readonly TokenBucket _writes;
    private readonly ServerWarnings _warnings;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _userAgent;

    public KubernetesTransport(
        KubernetesClientConfiguration configuration, KubernetesClientOptions options, MetricsRegistry metrics, TimeProvider time, ILogger logger)
    {
        _configuration = configuration;
        _options = options;
        _connections = new Connections(configuration, options, time);
        _reads = new TokenBucket(options.RequestsPerSecond, options.Burst, time);
        _writes = new TokenBucket(options.RequestsPerSecond, options.Burst, time);
        _warnings = new ServerWarnings(logger);
        _time = time;
        _logger = logger;
        _userAgent = $"{options.UserAgent} (linux/{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()})";
        Metrics = new TransportMetrics(metrics, configuration.Server.Authority);
    }

    public TransportMetrics Metrics { get; }

    /// <summary>The answer's content, read within the attempt: where the connection breaks in the middle, the request is repeated.</summary>
    public Task<TResult> SendAsync<TResult>(
        ApiRequest request, Func<Stream, CancellationToken, Task<TResult>> read, CancellationToken cancellationToken) =>
        RepeatAsync(
            request,
            async (response, attempt) =>
            {
                using (response)
                {
                    await using var content = await response.Content.ReadAsStreamAsync(attempt);
                    return await read(content, attempt);
                }
            },
            cancellationToken);

    /// <summary>The answer's head; its content comes as it comes, and the caller disposes it.</summary>
    public Task<HttpResponseMessage> OpenAsync(ApiRequest request, CancellationToken cancellationToken) =>
        RepeatAsync(request, (response, _) => Task.FromResult(response), cancellationToken);

    public void Dispose() => _connections.Dispose();

    private async Task<TResult> RepeatAsync<TResult>(
        ApiRequest request, Func<HttpResponseMessage, CancellationToken, Task<TResult>> read, CancellationToken cancellationToken)
    {
        var isCredentialRenewed = false;
        for (var attempt = 0; ; attempt++)
        {
            Metrics.Throttled(request, await (request.IsWrite ? _writes : _reads).WaitAsync(cancellationToken));
            var credential = await _configuration.Credentials.GetAsync(cancellationToken);
            TimeSpan? retryAfter = null;
            string reason;
            try
            {
                return await AttemptAsync(request, credential, read, cancellationToken);
            }
            catch (KubernetesException refused) when (refused.IsUnauthorized && !isCredentialRenewed)
            {
                isCredentialRenewed = true;
                _configuration.Credentials.Invalidate(credential);
                Metrics.Repeated(request, "401");
                continue;
            }
            catch (KubernetesException refused) when (
                attempt < _options.MaxRetries && RetrySchedule.MayRepeat(request, refused.StatusCode, refused.RetryAfter))
            {
                retryAfter = refused.RetryAfter;
                reason = ((int)refused.StatusCode).ToString(CultureInfo.InvariantCulture);
                Log.Refused(_logger, request, refused.Message);
            }
            catch (Exception lost) when (
                lost is HttpRequestException or IOException or TimeoutException && attempt < _options.MaxRetries && request.IsRepeatable
                && !IsAboutTrust(lost))
            {
                reason = TransportMetrics.NoAnswer;
                Log.Lost(_logger, request, lost.Message);
            }

            Metrics.Repeated(request, reason);
            await Task.Delay(RetrySchedule.Delay(attempt, retryAfter, Random.Shared.NextDouble()), _time, cancellationToken);
        }
    }

    private async Task<TResult> AttemptAsync<TResult>(
        ApiRequest request, Credential credential, Func<HttpResponseMessage, CancellationToken, Task<TResult>> read,
        CancellationToken cancellationToken)
    {
        var connections = _connections.For(credential);
        var begin = _time.GetTimestamp();
        using var patience = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var code = TransportMetrics.NoAnswer;
        try
        {
            var response = await connections.Invoker.SendAsync(Message(request, credential), attempt.Token);
            code = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
            _warnings.Read(response);
            if (response.IsSuccessStatusCode) return await read(response, attempt.Token);

            using (response) throw await RefusalAsync(request, response, attempt.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            _connections.Abandon(connections);
            throw new TimeoutException($"{request}: no answer from {_configuration.Server.Authority} within {_options.RequestTimeout.TotalSeconds} s");
        }
        finally
        {
            Metrics.Answered(request, code, _time.GetElapsedTime(begin));
        }
    }

    private HttpRequestMessage Message(ApiRequest request, Credential credential)
    {
        var message = new HttpRequestMessage(request.Method, new Uri(_configuration.BaseAddress, request.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        // The handler checks the certificate against the Host field where there is one, and knows no other way.
        message.Headers.Host = _configuration.Trust.ServerName;
        message.Headers.Authorization = credential.Authorization;
        message.Headers.TryAddWithoutValidation("User-Agent", _userAgent);
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (request.Verb == "watch") message.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        foreach (var (name, value) in _configuration.Impersonation) message.Headers.TryAddWithoutValidation(name, value);
        if (request.Body is not null)
            message.Content = new ByteArrayContent(request.Body) { Headers = { ContentType = new MediaTypeHeaderValue(request.ContentType) } };
        return message;
    }

    private async Task<KubernetesException> RefusalAsync(ApiRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var content = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var status = ReadStatus(content, response);
        var retryAfter = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } when date > _time.GetUtcNow() => date - _time.GetUtcNow(),
            _ => status.Details?.RetryAfterSeconds is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null,
        };
        var auditId = response.Headers.TryGetValues("Audit-Id", out var ids) ? ids.FirstOrDefault() : null;
        return new KubernetesException(status, request.ToString(), retryAfter, auditId);
    }

    private static V1Status ReadStatus(byte[] content, HttpResponseMessage response)
    {
        const int MaxExcerptLength = 200;
        try
        {
            var status = JsonSerializer.Deserialize(content, KubernetesJson.Default.V1Status);
            if (status is { Status: not null }) return status with { Code = (int)response.StatusCode };
        }
        catch (JsonException)
        {
            // Something before the server answered, in words of its own.
        }
        var text = System.Text.Encoding.UTF8.GetString(content);
        return new V1Status
        {
            Code = (int)response.StatusCode,
            Reason = response.ReasonPhrase,
            Message = text.Length <= MaxExcerptLength ? text.Trim() : text[..MaxExcerptLength],
        };
    }

    /// <summary>A certificate that is refused now is refused again.</summary>
    private static bool IsAboutTrust(Exception error) =>
        error is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
        && error.InnerException is System.Security.Authentication.AuthenticationException;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "{Request}: refused, is sent again: {Reason}")]
        public static partial void Refused(ILogger logger, ApiRequest request, string reason);

        [LoggerMessage(LogLevel.Debug, "{Request}: connection lost, is sent again: {Reason}")]
        public static partial void Lost(ILogger logger, ApiRequest request, string reason);
    }
}
