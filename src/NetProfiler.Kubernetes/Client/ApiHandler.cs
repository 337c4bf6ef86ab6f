using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using k8s.Autorest;
using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Configuration;

namespace NetProfiler.Kubernetes.Client;

/// <summary>
/// Sends a request, with retries where permitted. Each attempt waits for this client's own rate limit, carries the current token, and has
/// one deadline for its whole answer; only the content of a watch is read after that. The library does not retry, reads a token again only
/// once per minute, and reads contents without a deadline.
/// </summary>
internal sealed partial class ApiHandler : DelegatingHandler
{
    /// <summary>Limit of one answer, after decompression; a page of 100 objects of etcd's maximum size has 150 MiB.</summary>
    private const long MaxContentBytes = 256L << 20;

    private readonly ClusterConnection _connection;
    private readonly KubernetesClientOptions _options;
    private readonly TokenSource? _tokens;
    private readonly TokenBucket _reads;
    private readonly TokenBucket _writes;
    private readonly ServerWarnings _warnings;
    private readonly ApiMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public ApiHandler(ClusterConnection connection, KubernetesClientOptions options, ApiMetrics metrics, TimeProvider time, ILogger logger)
        : base(connection)
    {
        (_connection, _options, _metrics, _time, _logger) = (connection, options, metrics, time, logger);
        _tokens = connection.Access.Tokens;
        _reads = new TokenBucket(options.RequestsPerSecond, options.Burst, time);
        _writes = new TokenBucket(options.RequestsPerSecond, options.Burst, time);
        _warnings = new ServerWarnings(logger);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        var request = await ApiRequest.OfAsync(message);
        Prepare(message, request);
        var isTokenRenewed = false;
        for (var attempt = 0; ; attempt++)
        {
            _metrics.Throttled(request, await (request.IsWrite ? _writes : _reads).WaitAsync(cancellationToken));
            message.Headers.Authorization = _tokens is null ? null : await _tokens.GetAuthenticationHeaderAsync(cancellationToken);
            var mayRepeat = attempt < _options.MaxRetries;
            TimeSpan? retryAfter = null;
            string reason;
            try
            {
                var response = await AttemptAsync(message, request, cancellationToken);
                if (response.IsSuccessStatusCode) return response;

                retryAfter = RetryAfter(response);
                reason = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
                if (response.StatusCode == HttpStatusCode.Unauthorized && _tokens is not null && !isTokenRenewed)
                {
                    response.Dispose();
                    isTokenRenewed = true;
                    _tokens.Invalidate(message.Headers.Authorization);
                    _metrics.Repeated(request, reason);
                    continue;
                }
                if (!mayRepeat || !RetrySchedule.MayRepeat(request, response.StatusCode, retryAfter))
                    throw await RefusalAsync(request, response);

                Log.Refused(_logger, request, reason);
                response.Dispose();
            }
            catch (Exception lost) when (
                lost is HttpRequestException or IOException or TimeoutException && mayRepeat && request.IsRepeatable && !IsAboutTrust(lost))
            {
                reason = ApiMetrics.NoAnswer;
                Log.Lost(_logger, request, lost.Message);
            }

            _metrics.Repeated(request, reason);
            await Task.Delay(RetrySchedule.Delay(attempt, retryAfter, Random.Shared.NextDouble()), _time, cancellationToken);
        }
    }

    private void Prepare(HttpRequestMessage message, ApiRequest request)
    {
        message.Version = HttpVersion.Version20;
        message.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        // The runtime verifies the certificate against the Host field, if present, and has no other setting for the name.
        message.Headers.Host = _connection.Access.Trust.ServerName;
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (request.IsWatch) message.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    private async Task<HttpResponseMessage> AttemptAsync(
        HttpRequestMessage message, ApiRequest request, CancellationToken cancellationToken)
    {
        var connections = _connection.Current();
        var begin = _time.GetTimestamp();
        using var deadline = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var code = ApiMetrics.NoAnswer;
        HttpResponseMessage? response = null;
        try
        {
            response = await connections.SendAsync(message, attempt.Token);
            code = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
            _warnings.Read(response);
            if (!request.IsWatch || !response.IsSuccessStatusCode)
                await response.Content.LoadIntoBufferAsync(MaxContentBytes, attempt.Token);
            return response;
        }
        // Also without this deadline: a connect timeout of the runtime surfaces as a cancellation that was not requested.
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            response?.Dispose();
            _connection.Abandon(connections);
            throw new TimeoutException(deadline.IsCancellationRequested
                ? $"{request}: no answer from {_connection.Access.Server.Authority} within {_options.RequestTimeout.TotalSeconds} s"
                : $"{request}: no connection to {_connection.Access.Server.Authority} within {_options.ConnectTimeout.TotalSeconds} s");
        }
        catch
        {
            response?.Dispose();
            throw;
        }
        finally
        {
            _metrics.Answered(request, code, _time.GetElapsedTime(begin));
        }
    }

    private static async Task<HttpOperationException> RefusalAsync(ApiRequest request, HttpResponseMessage response)
    {
        using (response)
        {
            var content = await response.Content.ReadAsStringAsync();
            var auditId = response.Headers.TryGetValues("Audit-Id", out var ids) ? ids.FirstOrDefault() : null;
            var refusal = ApiErrors.Of(ApiErrors.StatusOf(content, response), request.ToString(), auditId);
            refusal.Response = new HttpResponseMessageWrapper(response, content);
            return refusal;
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > _time.GetUtcNow() => date - _time.GetUtcNow(),
        _ => null,
    };

    /// <summary>A certificate that was rejected will be rejected again.</summary>
    private static bool IsAboutTrust(Exception error) =>
        error is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
        && error.InnerException is System.Security.Authentication.AuthenticationException;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "{Request}: response {Code}; retrying")]
        public static partial void Refused(ILogger logger, ApiRequest request, string code);

        [LoggerMessage(LogLevel.Debug, "{Request}: connection lost; retrying: {Reason}")]
        public static partial void Lost(ILogger logger, ApiRequest request, string reason);
    }
}
